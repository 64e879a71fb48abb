from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from enrichment.models.lead import Lead


class RunState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    COMPLETED = "completed", _("Completed")
    PARTIAL = "partial", _("Partial")
    NOT_FOUND = "not_found", _("Nobody found")
    NEEDS_REVIEW = "needs_review", _("Needs review")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Skipped")


OPEN_STATES = (RunState.QUEUED, RunState.RUNNING)


class Tier(models.TextChoices):
    CACHE = "cache", _("Cache")
    DATABASE = "database", _("Database")
    PROVIDER = "provider", _("Provider")


class Trigger(models.TextChoices):
    WEBHOOK = "webhook", _("C2S webhook")
    GOOGLE_ADS = "google_ads", _("Google Ads")
    MAKE = "make", _("Make")
    REST = "rest", _("API")
    ADMIN = "admin", _("Staff")
    IMPORT = "import", _("Import")
    RECONCILE = "reconcile", _("Reconcile sweep")
    REFRESH = "refresh", _("Refresh of old data")


class Run(models.Model):
    """One enrichment of one lead. This row is the record; a job in the queue is only a doorbell."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="runs", db_index=False)
    trigger = models.CharField(_("trigger"), max_length=12, choices=Trigger)
    state = models.CharField(_("state"), max_length=12, choices=RunState, default=RunState.QUEUED)
    tier = models.CharField(_("answered by"), max_length=8, choices=Tier, blank=True)
    confidence = models.DecimalField(_("confidence"), max_digits=3, decimal_places=2, null=True, blank=True)
    same_person = models.BooleanField(_("same person"), null=True, blank=True)
    message_sent = models.BooleanField(_("message sent"), default=False)
    error = models.CharField(_("what happened"), max_length=300, blank=True)
    force_providers = models.BooleanField(_("ask providers anew"), default=False)
    # a message of the lead that this run says again, and does nothing else
    repeats = models.UUIDField(_("repeats the message"), null=True, blank=True)
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    lease_owner = models.CharField(max_length=80, blank=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        db_table = "runs"
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="runs_state_is_known"),
            models.CheckConstraint(condition=Q(tier="") | Q(tier__in=Tier.values), name="runs_tier_is_known"),
            models.CheckConstraint(condition=Q(trigger__in=Trigger.values), name="runs_trigger_is_known"),
        ]
        indexes = [
            # the latest run of a lead
            models.Index(fields=["lead", "-id"], name="runs_of_lead"),
            # open work: what is waiting, and whose lease ran out
            models.Index(fields=["next_at"], condition=Q(state="queued"), name="runs_waiting"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="runs_leased"),
            # the admin's list by outcome
            models.Index(fields=["state", "-id"], name="runs_by_state"),
            # the review queue, oldest first
            models.Index(fields=["id"], condition=Q(state="needs_review", reviewed_at=None), name="runs_to_review"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class RunStep(models.Model):
    """What one step of a run did, how long it took and who answered."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps", db_index=False)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    name = models.CharField(_("step"), max_length=20)
    outcome = models.CharField(_("outcome"), max_length=60)
    tier = models.CharField(_("answered by"), max_length=8, choices=Tier, blank=True)
    ms = models.PositiveIntegerField(_("milliseconds"), default=0)
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        db_table = "run_steps"
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(tier="") | Q(tier__in=Tier.values), name="run_steps_tier_is_known")
        ]
        indexes = [
            # the time line of a run
            models.Index(fields=["run", "id"], name="run_steps_in_order")
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.outcome}"


class Candidate(models.Model):
    """Somebody whom the lead might be, with the score and its reasons."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="candidates", db_index=False)
    cpf = models.CharField(_("CPF"), max_length=11)
    name = models.CharField(_("name"), max_length=255, blank=True)
    by_phone = models.BooleanField(_("by phone"), default=False)
    by_email = models.BooleanField(_("by e-mail"), default=False)
    score = models.DecimalField(_("score"), max_digits=3, decimal_places=2)
    reasons = models.JSONField(_("reasons"), default=list)
    chosen = models.BooleanField(_("chosen"), default=False)

    class Meta:
        db_table = "run_candidates"
        verbose_name = _("candidate")
        verbose_name_plural = _("candidates")
        ordering = ["-score", "id"]
        constraints = [
            # also serves "the candidates of a run"
            models.UniqueConstraint(fields=["run", "cpf"], name="run_candidates_once_per_run"),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="run_candidates_score"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
