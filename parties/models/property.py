from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from parties.models.party import Party


class RealEstateProperty(models.Model):
    """No provider tells of properties; imports do."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    iptu_number = models.CharField(_("IPTU number"), max_length=40, blank=True)
    street = models.CharField(_("street"), max_length=255, blank=True)
    number = models.CharField(_("number"), max_length=30, blank=True)
    neighborhood = models.CharField(_("neighborhood"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    state = models.CharField(_("state"), max_length=2, blank=True)
    cep = models.CharField(_("CEP"), max_length=8, blank=True)
    area_m2 = models.DecimalField(_("area in m²"), max_digits=12, decimal_places=2, null=True, blank=True)
    assessed_value = models.DecimalField(_("assessed value"), max_digits=16, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        db_table = "real_estate_properties"
        verbose_name = _("property")
        verbose_name_plural = _("properties")
        constraints = [
            # an import that runs twice finds the property it made
            models.UniqueConstraint(
                fields=["city", "iptu_number"],
                condition=~Q(iptu_number=""),
                name="real_estate_properties_one_per_iptu",
            )
        ]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.street, self.number, self.city) if part) or str(self.pk)


class PropertyOwnership(models.Model):
    """Who owns which property, since when, and to what share."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    property = models.ForeignKey(RealEstateProperty, on_delete=models.CASCADE, related_name="owners", db_index=False)
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="properties", db_index=False)
    share = models.DecimalField(_("share"), max_digits=5, decimal_places=4, null=True, blank=True)
    start_date = models.DateField(_("since"), null=True, blank=True)
    end_date = models.DateField(_("until"), null=True, blank=True)
    confidence = models.DecimalField(_("confidence"), max_digits=3, decimal_places=2, null=True, blank=True)

    class Meta:
        db_table = "property_ownerships"
        verbose_name = _("ownership")
        verbose_name_plural = _("ownerships")
        constraints = [
            # also serves "what does this party own?"
            models.UniqueConstraint(fields=["party", "property"], name="property_ownerships_once_per_party"),
            models.CheckConstraint(
                condition=Q(share=None) | Q(share__gt=0, share__lte=1), name="property_ownerships_share"
            ),
            models.CheckConstraint(
                condition=Q(confidence=None) | Q(confidence__gte=0, confidence__lte=1),
                name="property_ownerships_confidence",
            ),
        ]
        indexes = [
            # who owns this? asked when a property is corrected or deleted
            models.Index(fields=["property"], name="property_ownerships_by_place"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
