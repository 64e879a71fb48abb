from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from parties.models.party import Party


class PartyEnrichment(models.Model):
    """What a provider once said of a party: the minimised answer, never the whole one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="enrichments", db_index=False)
    provider = models.CharField(_("provider"), max_length=30)
    profile = models.JSONField(_("profile"))
    run_id = models.UUIDField(_("run"), null=True, blank=True)
    enriched_at = models.DateTimeField(_("enriched at"), default=timezone.now)

    class Meta:
        db_table = "party_enrichments"
        verbose_name = _("enrichment")
        verbose_name_plural = _("enrichments")
        ordering = ["-enriched_at", "-id"]
        indexes = [
            # tier 2: the latest enrichment of a party
            models.Index(fields=["party", "-enriched_at", "-id"], name="party_enrichments_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.enriched_at:%Y-%m-%d}"
