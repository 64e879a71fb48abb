from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from parties.models.party import Party


class Address(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    street = models.CharField(_("street"), max_length=255, blank=True)
    number = models.CharField(_("number"), max_length=30, blank=True)
    complement = models.CharField(_("complement"), max_length=120, blank=True)
    neighborhood = models.CharField(_("neighborhood"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    state = models.CharField(_("state"), max_length=2, blank=True)
    cep = models.CharField(_("CEP"), max_length=8, blank=True)
    # the folded address: the same place written in two ways is one row
    place_key = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        db_table = "addresses"
        verbose_name = _("address")
        verbose_name_plural = _("addresses")

    def __str__(self) -> str:
        return ", ".join(part for part in (self.street, self.number, self.city, self.state) if part)


class PartyAddress(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="addresses", db_index=False)
    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="residents")
    is_primary = models.BooleanField(_("primary"), default=False)
    source = models.CharField(_("source"), max_length=30, blank=True)
    seen_at = models.DateTimeField(_("seen at"), auto_now=True)

    class Meta:
        db_table = "party_addresses"
        verbose_name = _("address of a party")
        verbose_name_plural = _("addresses of parties")
        ordering = ["-is_primary", "id"]
        constraints = [
            # also serves "all addresses of a party"
            models.UniqueConstraint(fields=["party", "address"], name="party_addresses_once_per_party"),
            models.UniqueConstraint(fields=["party"], condition=Q(is_primary=True), name="party_addresses_one_primary"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
