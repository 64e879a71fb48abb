from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7

# what the law gives us to answer
DEADLINE = timedelta(days=15)


class Wish(models.TextChoices):
    ACCESS = "access", _("Access")
    CORRECTION = "correction", _("Correction")
    ERASURE = "erasure", _("Erasure")
    RELEASE = "release", _("Release from the list of the forgotten")


class RequestState(models.TextChoices):
    OPEN = "open", _("Open")
    ERASING = "erasing", _("Being erased")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")


UNANSWERED = (RequestState.OPEN, RequestState.ERASING)


class DataRequest(models.Model):
    """What somebody asks of us about their own data; who took it in, who answered, and what came of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    wish = models.CharField(_("request"), max_length=10, choices=Wish)
    state = models.CharField(_("state"), max_length=8, choices=RequestState, default=RequestState.OPEN)
    # whom it is about: readable by us while the request is open, a keyed hash afterwards
    sealed = models.TextField(blank=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    why = models.TextField(_("why"), help_text=_("What was asked, and how we know who asks. No document numbers."))
    taken_by = models.CharField(_("taken in by"), max_length=150)
    taken_at = models.DateTimeField(_("taken in at"), default=timezone.now)
    # whoever erases has it until then
    busy_until = models.DateTimeField(null=True, editable=False)
    done_by = models.CharField(_("answered by"), max_length=150, blank=True)
    done_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    note = models.TextField(_("what was done"), blank=True)
    # counts alone: what was given, changed or erased, and what the search found afterwards
    outcome = models.JSONField(_("outcome"), default=dict)

    class Meta:
        db_table = "data_requests"
        verbose_name = _("data-subject request")
        verbose_name_plural = _("data-subject requests")
        permissions = [("handle_datarequest", _("Can take in and answer the requests of those whose data we hold"))]
        constraints = [
            models.CheckConstraint(condition=Q(wish__in=Wish.values), name="data_requests_wish"),
            models.CheckConstraint(condition=Q(state__in=RequestState.values), name="data_requests_state"),
            # an answered request holds nobody's number
            models.CheckConstraint(
                condition=Q(state__in=["open", "erasing"]) | Q(sealed=""), name="data_requests_answered_is_nobody"
            ),
        ]
        indexes = [
            # open work, the oldest first
            models.Index(
                fields=["asked_at"], condition=Q(state__in=["open", "erasing"]), name="data_requests_unanswered"
            ),
            # has this person asked before?
            models.Index(fields=["digest"], name="data_requests_by_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_wish_display()} {self.digest[:12]}"

    @property
    def due_at(self) -> datetime:
        return self.asked_at + DEADLINE

    @property
    def is_overdue(self) -> bool:
        return self.state in UNANSWERED and timezone.now() > self.due_at
