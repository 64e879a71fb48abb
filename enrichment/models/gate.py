from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7


class ProviderGate(models.Model):
    """What all processes must agree on before they call a provider: one row each, locked for a moment."""

    provider = models.CharField(_("provider"), max_length=12, primary_key=True)
    enabled = models.BooleanField(
        _("may be called"), default=True, help_text=_("The kill switch: every process sees it at its next call.")
    )
    # when the latest calls were let in, as far back as the rate looks
    recent = ArrayField(models.DateTimeField(), default=list, blank=True)
    # lowered by a 429, growing back: the concurrency in force; null is what the setting says
    ceiling = models.PositiveSmallIntegerField(_("concurrency in force"), null=True, blank=True)
    ceiling_at = models.DateTimeField(null=True, blank=True)
    closed_until = models.DateTimeField(_("asked to wait until"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    open_until = models.DateTimeField(_("breaker open until"), null=True, blank=True)
    probe_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "provider_gates"
        verbose_name = _("provider")
        verbose_name_plural = _("providers")

    def __str__(self) -> str:
        return self.provider


class ProviderSlot(models.Model):
    """A call under way. It ends by itself when its process died: no call outlives its time-out."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    gate = models.ForeignKey(ProviderGate, on_delete=models.CASCADE, related_name="slots", db_index=False)
    price = models.DecimalField(max_digits=10, decimal_places=4, default=0)
    run_id = models.UUIDField(null=True)
    until = models.DateTimeField()

    class Meta:
        db_table = "provider_slots"
        verbose_name = _("call under way")
        verbose_name_plural = _("calls under way")
        indexes = [
            # how many calls are under way, and what may they cost?
            models.Index(fields=["gate", "until"], name="provider_slots_under_way")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ProviderSpend(models.Model):
    """Money spent with a provider on one day, calls that may have been billed included."""

    id = models.BigAutoField(primary_key=True)
    gate = models.ForeignKey(ProviderGate, on_delete=models.CASCADE, related_name="spend", db_index=False)
    day = models.DateField(_("day"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=4, default=0)

    class Meta:
        db_table = "provider_spend"
        verbose_name = _("spend")
        verbose_name_plural = _("spend")
        constraints = [
            # also serves "how much this month?"
            models.UniqueConstraint(fields=["gate", "day"], name="provider_spend_one_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.gate_id} {self.day}"
