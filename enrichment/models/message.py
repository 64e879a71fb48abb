from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from enrichment.models.lead import Lead
from enrichment.models.run import Run


class Direction(models.TextChoices):
    IN = "in", _("From the customer")
    OUT = "out", _("From us")


class MessageState(models.TextChoices):
    RECEIVED = "received", _("Received")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    SHADOW = "shadow", _("Kept, not sent")


class LeadMessage(models.Model):
    """The conversation of a lead. An outgoing row is written before the call: the intent survives a crash."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="messages", db_index=False)
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages")
    direction = models.CharField(_("direction"), max_length=3, choices=Direction)
    state = models.CharField(_("state"), max_length=10, choices=MessageState)
    sender = models.CharField(_("sender"), max_length=80, blank=True)
    body = models.TextField(_("text"))
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    sent_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        db_table = "lead_messages"
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["sent_at", "id"]
        constraints = [
            # webhooks repeat the whole conversation: each word of it is kept once
            models.UniqueConstraint(
                fields=["lead", "fingerprint"], condition=Q(direction="in"), name="lead_messages_heard_once"
            ),
            # a run says one thing, once
            models.UniqueConstraint(fields=["run"], condition=Q(direction="out"), name="lead_messages_one_per_run"),
            models.CheckConstraint(condition=Q(direction__in=Direction.values), name="lead_messages_direction"),
            models.CheckConstraint(condition=Q(state__in=MessageState.values), name="lead_messages_state"),
        ]
        indexes = [
            # the conversation, in order
            models.Index(fields=["lead", "sent_at"], name="lead_messages_in_order")
        ]

    def __str__(self) -> str:
        return str(self.pk)
