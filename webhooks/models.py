from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from enrichment.models import Lead


class Door(models.TextChoices):
    C2S = "c2s", _("C2S")
    GOOGLE_ADS = "google_ads", _("Google Ads")


class EventState(models.TextChoices):
    PROCESSED = "processed", _("Taken in")
    REJECTED = "rejected", _("Rejected")


class WebhookEvent(models.Model):
    """What came through a door, as it came."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    door = models.CharField(_("door"), max_length=12, choices=Door)
    external_id = models.CharField(_("lead id"), max_length=191, blank=True)
    # the sender's `updated_at` in UTC, or a hash of the content when there is none
    version = models.CharField(_("version"), max_length=80)
    hook_action = models.CharField(_("action"), max_length=40, blank=True)
    # null also where the body was no JSON at all: then its text is kept
    payload = models.JSONField(_("payload"), null=True)
    text = models.TextField(_("text"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=EventState)
    error = models.CharField(_("error"), max_length=300, blank=True)
    lead = models.ForeignKey(Lead, on_delete=models.SET_NULL, null=True, blank=True, related_name="events")
    request_id = models.CharField(_("request id"), max_length=64, blank=True)
    received_at = models.DateTimeField(_("received at"), default=timezone.now)

    class Meta:
        db_table = "webhook_events"
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        constraints = [
            # the same webhook twice is stored once
            models.UniqueConstraint(fields=["door", "external_id", "version"], name="webhook_events_once"),
            models.CheckConstraint(condition=Q(door__in=Door.values), name="webhook_events_door"),
            models.CheckConstraint(condition=Q(state__in=EventState.values), name="webhook_events_state"),
        ]
        indexes = [
            # the admin's list, newest first
            models.Index(fields=["-received_at", "-id"], name="webhook_events_newest")
        ]

    def __str__(self) -> str:
        return f"{self.get_door_display()} {self.external_id}"


class LegacyImport(models.Model):
    """One import from the predecessor's database: how far it is, committed with every chunk."""

    id = models.BigAutoField(primary_key=True)
    # host, port and name of that database
    source = models.CharField(max_length=200)
    # what is older was there at the import before
    since = models.DateTimeField(null=True)
    part = models.CharField(max_length=40, blank=True)
    last_key = models.CharField(max_length=40, blank=True)
    # by part: how many rows were read, written and refused
    counts = models.JSONField(default=dict)
    # so long was the file of refused rows
    refused_bytes = models.BigIntegerField(default=0)
    began_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "legacy_imports"

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}"


class LegacyAlias(models.Model):
    """A row of the predecessor's that became part of another one here: what points at it finds that one."""

    legacy_id = models.UUIDField(primary_key=True)
    # a party's or a property's; a number, not a foreign key: either may go
    here_id = models.UUIDField()

    class Meta:
        db_table = "legacy_aliases"

    def __str__(self) -> str:
        return str(self.legacy_id)
