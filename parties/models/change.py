from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from parties.models.party import Party


class Cause(models.TextChoices):
    STAFF = "staff", _("Edited by staff")
    MERGE = "merge", _("Merged")
    PARTED = "parted", _("Parted again")
    SOURCE = "source", _("Told by a source")


class PartyChange(models.Model):
    """What of a golden record was changed, by whom, and what stood there before. It goes with the record."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="changes", db_index=False)
    cause = models.CharField(_("cause"), max_length=8, choices=Cause)
    # somebody of staff, or the source
    by = models.CharField(_("by"), max_length=150, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    # by the value's name: what stood there, and what stands there now
    values = models.JSONField(_("values"), default=dict)

    class Meta:
        db_table = "party_changes"
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        constraints = [models.CheckConstraint(condition=Q(cause__in=Cause.values), name="party_changes_cause")]
        indexes = [
            # a party's page: what was changed, newest first
            models.Index(fields=["party", "-id"], name="party_changes_of_party")
        ]

    def __str__(self) -> str:
        return str(self.pk)
