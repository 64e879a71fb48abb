from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7


class PartyMerge(models.Model):
    """Two parties that became one, and all it takes to part them again.

    Plain ids: the row outlives both parties.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kept_id = models.UUIDField(_("kept"))
    gone_id = models.UUIDField(_("merged into it"))
    gone_name = models.CharField(_("name"), max_length=255, blank=True)
    gone_rows = models.JSONField(help_text=_("The party that went, and the rows of it that the kept one had already."))
    moved = models.JSONField(help_text=_("Per table: the rows that changed their owner."))
    demoted = models.JSONField(help_text=_("Per table: the moved rows that were primary before."))
    filled = models.JSONField(help_text=_("What the kept party lacked and took over."))
    merged_by = models.CharField(_("by"), max_length=150, blank=True)
    merged_at = models.DateTimeField(_("merged at"), auto_now_add=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    class Meta:
        db_table = "party_merges"
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        indexes = [
            # a party's page: what was merged into it and can be undone
            models.Index(fields=["kept_id", "-id"], condition=Q(undone_at=None), name="party_merges_undoable"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
