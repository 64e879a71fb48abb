from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from enrichment.models.lead import Lead
from enrichment.models.message import LeadMessage


class CreationState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    CREATING = "creating", _("Being created")
    CREATED = "created", _("Created")
    REFUSED = "refused", _("Refused by the CRM")


class CrmCreation(models.Model):
    """A lead that the CRM is to get from us, once: the intent, and what came of it."""

    lead = models.OneToOneField(Lead, on_delete=models.CASCADE, primary_key=True, related_name="crm_creation")
    state = models.CharField(_("state"), max_length=8, choices=CreationState, default=CreationState.WAITING)
    # the message that stands in the description, if one was ready in time
    carries = models.ForeignKey(LeadMessage, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    # since when a call may have had its effect without our knowing
    unsure_since = models.DateTimeField(_("unsure since"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"))
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    lease_owner = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    error = models.CharField(_("what happened"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("asked for at"), db_default=Now())

    class Meta:
        db_table = "crm_creations"
        verbose_name = _("lead to create in the CRM")
        verbose_name_plural = _("leads to create in the CRM")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CreationState.values), name="crm_creations_state_is_known")
        ]
        indexes = [
            # open work: what is due, and whose lease ran out
            models.Index(fields=["due_at"], condition=Q(state__in=["waiting", "creating"]), name="crm_creations_open"),
            # what staff should look at
            models.Index(fields=["lead"], condition=Q(state="refused"), name="crm_creations_refused"),
        ]

    def __str__(self) -> str:
        return str(self.lead_id)
