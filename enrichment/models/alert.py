from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from enrichment.models.lead import Lead


class AlertKind(models.TextChoices):
    WORKER_SILENT = "worker_silent", _("No worker is at work")
    QUEUE_GROWING = "queue_growing", _("More leads come than are done")
    BREAKER_OPEN = "breaker_open", _("A provider fails and is left alone")
    MANY_ERRORS = "many_errors", _("Many answers are errors")
    SLOW_ANSWERS = "slow_answers", _("Answers are slow")
    FEW_HITS = "few_hits", _("Few questions are answered without a provider")
    REDIS_FULL = "redis_full", _("Redis is nearly full")
    CONNECTIONS_USED_UP = "connections_used_up", _("Hardly a database connection is left")
    BUDGET_NEARLY_SPENT = "budget_nearly_spent", _("A budget is nearly spent")
    BUDGET_SPENT = "budget_spent", _("A budget is spent")
    LEAD_GAVE_UP = "lead_gave_up", _("A lead was given up")
    HIGH_VALUE_LEAD = "high_value_lead", _("A lead of high value came")


# what happened and is told, and does not end
NEWS = (AlertKind.LEAD_GAVE_UP, AlertKind.HIGH_VALUE_LEAD)


class Channel(models.TextChoices):
    WEBHOOK = "webhook", _("webhook")
    EMAIL = "email", _("e-mail")


class Alert(models.Model):
    """How it stands with one kind of trouble: whether there is any, with what, and what of it was told."""

    kind = models.CharField(_("kind"), max_length=24, choices=AlertKind, primary_key=True)
    since = models.DateTimeField(_("since"), null=True, blank=True)
    # {what it is about, a provider or nothing: the figure that is wrong}
    about = models.JSONField(_("about"), default=dict, blank=True)
    told = models.JSONField(default=list, blank=True, editable=False)

    class Meta:
        db_table = "alerts"
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")

    def __str__(self) -> str:
        return str(self.get_kind_display())


class AlertNotice(models.Model):
    """One message to those who look after the service: written first, sent afterwards, tried finitely often."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=24, choices=AlertKind)
    channel = models.CharField(_("by"), max_length=8, choices=Channel)
    is_all_clear = models.BooleanField(_("all clear"), default=False)
    about = models.JSONField(_("about"), default=dict)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    # null once it was sent, or tried often enough
    next_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.CharField(_("what happened"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        db_table = "alert_notices"
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="alert_notices_channel_is_known")
        ]
        indexes = [
            # what is to be sent?
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="alert_notices_due"),
            # when was this kind told last?
            models.Index(fields=["kind", "-id"], name="alert_notices_of_kind"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class AlertNews(models.Model):
    """Something happened to a lead that somebody should hear of: noted with what happened, told a little later."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=24, choices=AlertKind)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="news", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alert_news"
        verbose_name = _("news of a lead")
        verbose_name_plural = _("news of leads")
        constraints = [
            # the same of the same lead is told once, however often it happens until then
            models.UniqueConstraint(fields=["lead", "kind"], condition=Q(told_at=None), name="alert_news_untold_once"),
        ]
        indexes = [
            # what was not told yet?
            models.Index(fields=["kind", "id"], condition=Q(told_at=None), name="alert_news_untold"),
            # the news of a lead, whose erasure takes them along
            models.Index(fields=["lead"], name="alert_news_of_lead"),
            # how many within the hour?
            models.Index(fields=["created_at"], name="alert_news_lately"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class AlertReading(models.Model):
    """What the counters said at one moment: what was counted in the last minutes is the difference of two."""

    at = models.DateTimeField(primary_key=True)
    counts = models.JSONField(default=dict)

    class Meta:
        db_table = "alert_readings"
        verbose_name = _("reading of the counters")
        verbose_name_plural = _("readings of the counters")

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S}"
