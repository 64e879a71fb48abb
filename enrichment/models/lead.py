from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Right
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from c2s_enrich.ids import uuid7
from parties.models import Party
from parties.plain_text import digits_of, plain_words


class Source(models.TextChoices):
    C2S = "c2s", _("C2S")
    GOOGLE_ADS = "google_ads", _("Google Ads")
    REST = "rest", _("API")
    IMPORT = "import", _("Import")


# doors whose lead ids are the CRM's own
OF_THE_CRM = (Source.C2S, Source.IMPORT)


class Lead(models.Model):
    """Somebody showed interest: the contact as it was typed, and its canonical forms to search by."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    lead_id = models.CharField(_("lead id"), max_length=191, unique=True)
    # where its conversation is; a lead of C2S's own has its `lead_id` here, another one gets it when C2S knows it
    crm_id = models.CharField(_("lead id in the CRM"), max_length=191, blank=True)
    source = models.CharField(_("came by"), max_length=12, choices=Source, default=Source.C2S)
    customer_name = models.CharField(_("customer"), max_length=255, blank=True)
    phone = models.CharField(_("phone as typed"), max_length=100, blank=True)
    phone2 = models.CharField(_("second phone as typed"), max_length=100, blank=True)
    email = models.CharField(_("e-mail as typed"), max_length=320, blank=True)
    document = models.CharField(_("CPF as typed"), max_length=40, blank=True)
    # staff's word on who it is: it outweighs everything that the contacts lead to, in this run and in later ones
    chosen_cpf = models.CharField(_("CPF chosen by staff"), max_length=11, blank=True, default="", db_default="")
    phone_value = models.CharField(max_length=32, blank=True, editable=False)
    email_value = models.CharField(max_length=254, blank=True, editable=False)
    seller = models.CharField(_("seller"), max_length=160, blank=True)
    product = models.CharField(_("product"), max_length=255, blank=True)
    lead_source = models.CharField(_("origin"), max_length=120, blank=True)
    crm_status = models.CharField(_("status in the CRM"), max_length=80, blank=True)
    # what the door told besides: the city, answers to free questions, the campaign's ids
    details = models.JSONField(_("further details"), default=dict, blank=True)
    is_test = models.BooleanField(_("test"), default=False, help_text=_("Nobody is asked or told about it."))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    ignored_at = models.DateTimeField(_("ignored since"), null=True, blank=True)
    crm_updated_at = models.DateTimeField(_("changed in the CRM at"), null=True, blank=True)
    party = models.ForeignKey(
        Party, on_delete=models.SET_NULL, null=True, blank=True, related_name="leads", verbose_name=_("party")
    )
    # of its latest run that ended, as `latest.outcomes_keep` notes it
    outcome = models.CharField(_("outcome"), max_length=12, blank=True, default="", db_default="", editable=False)
    outcome_tier = models.CharField(max_length=8, blank=True, default="", db_default="", editable=False)
    received_at = models.DateTimeField(_("received at"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        db_table = "leads"
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        permissions = [
            ("rerun_lead", _("Can re-run leads")),
            ("force_lead", _("Can re-run leads asking the providers anew, which costs money")),
            ("resend_lead", _("Can send a lead's message again")),
            ("review_lead", _("Can decide who a lead is, mark as reviewed and ignore")),
        ]
        constraints = [models.CheckConstraint(condition=Q(source__in=Source.values), name="leads_source_is_known")]
        indexes = [
            # the admin's and the API's list, newest first
            models.Index(fields=["-received_at", "-id"], name="leads_newest"),
            # staff search by phone and by e-mail
            models.Index(fields=["phone_value"], condition=~Q(phone_value=""), name="leads_by_phone"),
            models.Index(fields=["email_value"], condition=~Q(email_value=""), name="leads_by_email"),
            # and by a second phone or a document, of which only what was typed is kept
            models.Index(Right(digits_of("phone2"), 8), condition=~Q(phone2=""), name="leads_by_second_phone"),
            models.Index(digits_of("document"), condition=~Q(document=""), name="leads_by_document"),
            # and by words of the name, whoever it turned out to be
            GinIndex(plain_words("customer_name"), name="leads_by_name"),
            # the list's filters, each newest first
            models.Index(fields=["outcome", "-received_at", "-id"], name="leads_by_outcome"),
            models.Index(fields=["outcome_tier", "-received_at", "-id"], name="leads_by_tier"),
            models.Index(fields=["source", "-received_at", "-id"], name="leads_by_source"),
            models.Index(fields=["seller", "-received_at", "-id"], name="leads_by_seller"),
            # whose lead is it that the CRM speaks of?
            models.Index(fields=["crm_id"], condition=~Q(crm_id=""), name="leads_by_crm_id"),
        ]

    def __str__(self) -> str:
        return self.lead_id

    @property
    def has_contact(self) -> bool:
        return bool(self.phone or self.phone2 or self.email or self.document)

    @property
    def conversation_id(self) -> str:
        """Where the CRM is told of it; empty for a lead that the CRM does not have."""
        return self.crm_id or (self.lead_id if self.source in OF_THE_CRM else "")
