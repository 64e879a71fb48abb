from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7


class CallOutcome(models.TextChoices):
    OK = "ok", _("Answered")
    NOBODY = "nobody", _("Nobody known")
    RATE_LIMITED = "rate_limited", _("Rate limited")
    REJECTED = "rejected", _("Refused")
    UNAVAILABLE = "unavailable", _("Unavailable")
    BAD_PAYLOAD = "bad_payload", _("Malformed answer")


class Billed(models.TextChoices):
    YES = "yes", _("Billed")
    NO = "no", _("Not billed")
    UNKNOWN = "unknown", _("Possibly billed")


class ProviderCall(models.Model):
    """One call outwards: what it was, how it ended, what it cost. No personal datum."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField(_("provider"), max_length=12)
    operation = models.CharField(_("operation"), max_length=40)
    outcome = models.CharField(_("outcome"), max_length=12, choices=CallOutcome)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    ms = models.PositiveIntegerField(_("milliseconds"))
    price = models.DecimalField(_("price"), max_digits=10, decimal_places=4, default=0)
    billed = models.CharField(_("billed"), max_length=8, choices=Billed)
    # a number, not a foreign key: calls outlive the runs they were made for
    run_id = models.UUIDField(_("run"), null=True, blank=True)
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        db_table = "provider_calls"
        verbose_name = _("provider call")
        verbose_name_plural = _("provider calls")
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=CallOutcome.values), name="provider_calls_outcome"),
            models.CheckConstraint(condition=Q(billed__in=Billed.values), name="provider_calls_billed"),
        ]
        indexes = [
            # the admin's list, and money spent per provider and period
            models.Index(fields=["-created_at", "-id"], name="provider_calls_newest"),
            models.Index(fields=["provider", "created_at"], name="provider_calls_by_provider"),
            # what did this run pay for?
            models.Index(fields=["run_id"], condition=~Q(run_id=None), name="provider_calls_of_run"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.operation}"


class Discovery(models.Model):
    """A paid answer, remembered: whom an identifier led to, so that nobody pays for it again."""

    # a keyed hash of the identifier: this table alone tells nobody's phone or e-mail
    identifier_hash = models.CharField(max_length=64, primary_key=True)
    # the identifier, sealed: under another key its hash can be made anew, and the answer is found again
    sealed = models.TextField(blank=True, editable=False, db_default="")
    people = models.JSONField(_("people"), default=list)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)

    class Meta:
        db_table = "discoveries"
        verbose_name = _("discovery")
        verbose_name_plural = _("discoveries")
        indexes = [
            # retention: the oldest go first
            models.Index(fields=["asked_at"], name="discoveries_oldest")
        ]

    def __str__(self) -> str:
        return self.identifier_hash[:12]
