from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from parties.models.party import Party


class RelationshipKind(models.TextChoices):
    PARTNER = "partner", _("Partner in a company")
    EMPLOYEE = "employee", _("Employee")
    UNKNOWN = "unknown", _("Other")


class PartyRelationship(models.Model):
    """Person → company, with the role as the source spelled it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    from_party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="relationships", db_index=False)
    to_party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="related_from", db_index=False)
    kind = models.CharField(_("kind"), max_length=10, choices=RelationshipKind)
    role = models.CharField(_("role"), max_length=120, blank=True)
    start_date = models.DateField(_("since"), null=True, blank=True)
    end_date = models.DateField(_("until"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=30, blank=True)
    confidence = models.DecimalField(_("confidence"), max_digits=3, decimal_places=2, null=True, blank=True)
    seen_at = models.DateTimeField(_("seen at"), default=timezone.now)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        db_table = "party_relationships"
        verbose_name = _("relationship")
        verbose_name_plural = _("relationships")
        constraints = [
            # also serves "which companies has this person?"
            models.UniqueConstraint(
                fields=["from_party", "to_party", "role"], name="party_relationships_once_per_role"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=RelationshipKind.values), name="party_relationships_kind_is_known"
            ),
            models.CheckConstraint(condition=~Q(from_party=F("to_party")), name="party_relationships_to_another"),
        ]
        indexes = [
            # who belongs to this company? its page, and whose cached record shows its name
            models.Index(fields=["to_party"], name="party_relationships_by_company"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
