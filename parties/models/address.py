from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from parties.filing.places import place_key
from parties.models.party import Party
from parties.plain_text import plain


class Address(models.Model):
    """A place, once, however many live there."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    street = models.CharField(_("street"), max_length=255, blank=True)
    number = models.CharField(_("number"), max_length=30, blank=True)
    complement = models.CharField(_("complement"), max_length=120, blank=True)
    neighborhood = models.CharField(_("neighborhood"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    state = models.CharField(_("state"), max_length=2, blank=True)
    cep = models.CharField(_("CEP"), max_length=8, blank=True)
    place_key = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        db_table = "addresses"
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = [
            # the same place written in two ways is one row
            models.UniqueConstraint(fields=["place_key"], name="addresses_one_per_place"),
        ]
        indexes = [
            # who lives in this city, however it is spelled?
            models.Index(plain("city"), name="addresses_by_city"),
        ]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.street, self.number, self.city, self.state) if part)

    def save(self, **kwargs: Any) -> None:
        """The key stays when staff correct the address: what sources tell still leads to the corrected row."""
        self.place_key = self.place_key or place_key(self)
        super().save(**kwargs)


class PartyAddress(models.Model):
    """Who lives or works where, and who told us."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="addresses", db_index=False)
    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="residents", db_index=False)
    is_primary = models.BooleanField(_("primary"), default=False)
    source = models.CharField(_("source"), max_length=30, blank=True)
    seen_at = models.DateTimeField(_("seen at"), default=timezone.now)

    class Meta:
        db_table = "party_addresses"
        verbose_name = _("address of a party")
        verbose_name_plural = _("addresses of parties")
        ordering = ["-is_primary", "id"]
        constraints = [
            # also serves "all addresses of a party"
            models.UniqueConstraint(fields=["party", "address"], name="party_addresses_once_per_party"),
            # the message shows it first
            models.UniqueConstraint(fields=["party"], condition=Q(is_primary=True), name="party_addresses_one_primary"),
        ]
        indexes = [
            # who lives here? asked when an address is corrected or deleted
            models.Index(fields=["address"], name="party_addresses_by_address"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
