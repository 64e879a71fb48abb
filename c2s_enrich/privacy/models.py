from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7


class SuppressedKind(models.TextChoices):
    CPF = "cpf", _("CPF")
    CONTACT = "contact", _("Contact")
    LEAD = "lead", _("Lead")


class Suppressed(models.Model):
    """Somebody who is never to be enriched or filed again; the table alone tells nobody who that is."""

    digest = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(_("kind"), max_length=8, choices=SuppressedKind)
    # a number, not a foreign key: the request may be forgotten in time, this never
    request_id = models.UUIDField(_("request"), null=True)
    since = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        db_table = "suppressed"
        verbose_name = _("suppressed")
        verbose_name_plural = _("suppressed")
        constraints = [models.CheckConstraint(condition=Q(kind__in=SuppressedKind.values), name="suppressed_kind")]

    def __str__(self) -> str:
        return self.digest[:12]


class Looker(models.TextChoices):
    STAFF = "staff", _("Staff")
    KEY = "key", _("API key")
    COMMAND = "command", _("Command")


class AccessEntry(models.Model):
    """Who saw whose data in clear. Only ever added to: the database refuses anything else but what is old enough.

    Plain ids and names: it outlives whoever looked, and whoever was looked at.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(_("at"), default=timezone.now)
    kind = models.CharField(_("kind"), max_length=8, choices=Looker)
    who = models.CharField(_("who"), max_length=150)
    # e.g. `enrichment.lead` and its id; the party where the row has one
    thing = models.CharField(_("what was seen"), max_length=60)
    thing_id = models.CharField(_("its id"), max_length=64, blank=True)
    party_id = models.UUIDField(_("party"), null=True, blank=True)
    fields = ArrayField(models.CharField(max_length=40), verbose_name=_("fields"), default=list)
    reason = models.CharField(_("why"), max_length=200, blank=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)

    class Meta:
        db_table = "access_log"
        verbose_name = _("access")
        verbose_name_plural = _("access log")
        constraints = [models.CheckConstraint(condition=Q(kind__in=Looker.values), name="access_log_kind")]
        indexes = [
            # who saw this person? asked by the person, and by the privacy officer
            models.Index(fields=["party_id", "-id"], condition=~Q(party_id=None), name="access_log_of_party"),
            models.Index(fields=["thing_id", "-id"], name="access_log_of_thing"),
            # what did this one look at?
            models.Index(fields=["who", "-id"], name="access_log_by_who"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class RetentionNight(models.Model):
    """What one night let go, by rule; the row is also the claim of whoever does it."""

    day = models.DateField(_("night"), primary_key=True)
    # how many rows of each table
    removed = models.JSONField(_("removed"), default=dict)
    busy_until = models.DateTimeField(null=True)
    began_at = models.DateTimeField(_("began"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        db_table = "retention_nights"
        verbose_name = _("night of retention")
        verbose_name_plural = _("retention")

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"
