from django.db import models
from django.utils.translation import gettext_lazy as _

from parties.models.party import Party


class PartyFinances(models.Model):
    """The newest financial picture of a party; money is exact decimals, unknown stays null."""

    party = models.OneToOneField(Party, on_delete=models.CASCADE, primary_key=True, related_name="finances")
    income = models.DecimalField(_("reported income"), max_digits=14, decimal_places=2, null=True, blank=True)
    income_adjusted = models.DecimalField(_("adjusted income"), max_digits=14, decimal_places=2, null=True, blank=True)
    income_min = models.DecimalField(_("income from"), max_digits=14, decimal_places=2, null=True, blank=True)
    income_max = models.DecimalField(_("income to"), max_digits=14, decimal_places=2, null=True, blank=True)
    purchasing_power = models.CharField(_("purchasing power"), max_length=60, blank=True)
    credit_score = models.PositiveIntegerField(_("credit score"), null=True, blank=True)
    risk_level = models.CharField(_("risk level"), max_length=60, blank=True)
    social_class = models.CharField(_("social class"), max_length=120, blank=True)
    source = models.CharField(_("source"), max_length=30, blank=True)
    as_of = models.DateTimeField(_("as of"), null=True, blank=True)

    class Meta:
        db_table = "party_finances"
        verbose_name = _("finances")
        verbose_name_plural = _("finances")

    def __str__(self) -> str:
        return str(self.party_id)
