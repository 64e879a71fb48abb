from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from parties.models import Party


class Source(models.TextChoices):
    C2S = "c2s", _("C2S")
    GOOGLE_ADS = "google_ads", _("Google Ads")
    REST = "rest", _("API")
    IMPORT = "import", _("Import")


class Lead(models.Model):
    """Somebody showed interest: the contact as it was typed, and its canonical forms to search by."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    lead_id = models.CharField(_("lead id"), max_length=191, unique=True)
    source = models.CharField(_("came by"), max_length=12, choices=Source, default=Source.C2S)
    customer_name = models.CharField(_("customer"), max_length=255, blank=True)
    phone = models.CharField(_("phone as typed"), max_length=100, blank=True)
    phone2 = models.CharField(_("second phone as typed"), max_length=100, blank=True)
    email = models.CharField(_("e-mail as typed"), max_length=320, blank=True)
    document = models.CharField(_("CPF as typed"), max_length=40, blank=True)
    phone_value = models.CharField(max_length=32, blank=True, editable=False)
    email_value = models.CharField(max_length=254, blank=True, editable=False)
    seller = models.CharField(_("seller"), max_length=160, blank=True)
    product = models.CharField(_("product"), max_length=255, blank=True)
    lead_source = models.CharField(_("origin"), max_length=120, blank=True)
    crm_status = models.CharField(_("status in the CRM"), max_length=80, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    crm_updated_at = models.DateTimeField(_("changed in the CRM at"), null=True, blank=True)
    party = models.ForeignKey(
        Party, on_delete=models.SET_NULL, null=True, blank=True, related_name="leads", verbose_name=_("party")
    )
    received_at = models.DateTimeField(_("received at"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        db_table = "leads"
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        constraints = [models.CheckConstraint(condition=Q(source__in=Source.values), name="leads_source_is_known")]
        indexes = [
            # the admin's and the API's list, newest first
            models.Index(fields=["-received_at", "-id"], name="leads_newest"),
            # staff search by phone and by e-mail
            models.Index(fields=["phone_value"], condition=~Q(phone_value=""), name="leads_by_phone"),
            models.Index(fields=["email_value"], condition=~Q(email_value=""), name="leads_by_email"),
        ]

    def __str__(self) -> str:
        return self.lead_id
