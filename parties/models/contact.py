from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from parties.models.party import Party


class ContactType(models.TextChoices):
    PHONE = "phone", _("Phone")
    WHATSAPP = "whatsapp", _("WhatsApp")
    EMAIL = "email", _("E-mail")


class PartyContact(models.Model):
    """A way to reach a party; the value stands in its canonical form (E.164, lower-case e-mail)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="contacts", db_index=False)
    contact_type = models.CharField(_("type"), max_length=10, choices=ContactType)
    value = models.CharField(_("value"), max_length=254)
    is_primary = models.BooleanField(_("primary"), default=False)
    is_verified = models.BooleanField(_("verified"), default=False)
    source = models.CharField(_("source"), max_length=30, blank=True)
    confidence = models.DecimalField(_("confidence"), max_digits=3, decimal_places=2, null=True, blank=True)
    operator = models.CharField(_("operator"), max_length=60, blank=True)
    line_type = models.CharField(_("line type"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        db_table = "party_contacts"
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["-is_primary", "id"]
        constraints = [
            # also serves "all contacts of a party"
            models.UniqueConstraint(fields=["party", "value"], name="party_contacts_once_per_party"),
            # one of each family is written to or called first
            models.UniqueConstraint(
                fields=["party"],
                condition=Q(is_primary=True, contact_type="email"),
                name="party_contacts_one_primary_email",
            ),
            models.UniqueConstraint(
                fields=["party"],
                condition=Q(is_primary=True, contact_type__in=["phone", "whatsapp"]),
                name="party_contacts_one_primary_phone",
            ),
            models.CheckConstraint(
                condition=Q(contact_type__in=ContactType.values), name="party_contacts_type_is_known"
            ),
            # tier 2 looks a contact up by its canonical form: another spelling would never be found
            models.CheckConstraint(
                condition=Q(contact_type="email", value__regex=r"^[^@A-Z[:space:]]+@[^@A-Z[:space:]]+$")
                | Q(contact_type__in=["phone", "whatsapp"], value__regex=r"^\+[0-9]{7,15}$"),
                name="party_contacts_value_is_canonical",
            ),
            models.CheckConstraint(
                condition=Q(confidence=None) | Q(confidence__gte=0, confidence__lte=1),
                name="party_contacts_confidence_is_a_share",
            ),
        ]
        indexes = [
            # tier 2: who has this phone or e-mail?
            models.Index(fields=["value"], include=["party"], name="party_contacts_by_value"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
