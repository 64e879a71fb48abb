from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from enrichment.models.lead import Lead


class Deed(models.TextChoices):
    RERUN = "rerun", _("Re-run")
    FORCE = "force", _("Re-run, asking the providers anew")
    RESEND = "resend", _("Send the message again")
    CREATE = "create", _("Create in the CRM again")
    REVIEWED = "reviewed", _("Mark as reviewed")
    IGNORE = "ignore", _("Ignore")


class BatchState(models.TextChoices):
    OPEN = "open", _("Under way")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class ItemState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    STARTED = "started", _("Under way")
    DONE = "done", _("Done")
    SKIPPED = "skipped", _("Skipped")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


ITEM_OPEN = (ItemState.WAITING, ItemState.STARTED)


class Batch(models.Model):
    """One deed, to be done to many leads: worked off in small steps, watched, and cancelled if need be."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    deed = models.CharField(_("action"), max_length=10, choices=Deed)
    state = models.CharField(_("state"), max_length=10, choices=BatchState, default=BatchState.OPEN)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("started by")
    )
    total = models.PositiveIntegerField(_("leads"))
    # when a step is due; a doorbell may be lost
    due_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        db_table = "batches"
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        constraints = [
            models.CheckConstraint(condition=Q(deed__in=Deed.values), name="batches_deed_is_known"),
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="batches_state_is_known"),
        ]
        indexes = [
            # open work
            models.Index(fields=["due_at"], condition=Q(state="open"), name="batches_open")
        ]

    def __str__(self) -> str:
        return str(self.get_deed_display())


class BatchItem(models.Model):
    """One lead of a batch, and what became of it."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items", db_index=False)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=ItemState, default=ItemState.WAITING)
    why = models.CharField(_("why"), max_length=300, blank=True)
    # a number, not a foreign key: what was done stays told when the run is gone
    run_id = models.UUIDField(null=True, blank=True)

    class Meta:
        db_table = "batch_items"
        verbose_name = _("lead of a batch")
        verbose_name_plural = _("leads of a batch")
        constraints = [
            models.UniqueConstraint(fields=["batch", "lead"], name="batch_items_once_per_lead"),
            models.CheckConstraint(condition=Q(state__in=ItemState.values), name="batch_items_state_is_known"),
        ]
        indexes = [
            # how far is it, what is next, what went wrong?
            models.Index(fields=["batch", "state", "id"], name="batch_items_by_state")
        ]

    def __str__(self) -> str:
        return str(self.pk)
