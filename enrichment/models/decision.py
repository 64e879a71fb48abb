from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enrichment.models.lead import Lead
from enrichment.models.run import Run


class Ruling(models.TextChoices):
    CHOSEN = "chosen", _("Person chosen")
    REVIEWED = "reviewed", _("Reviewed")
    IGNORED = "ignored", _("Ignored")


class Decision(models.Model):
    """What somebody of staff decided about a lead, and when. Only ever added to."""

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="decisions", db_index=False)
    # what lay before them; none when a lead without runs was ignored
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="decisions")
    ruling = models.CharField(_("decision"), max_length=10, choices=Ruling)
    cpf = models.CharField(_("CPF"), max_length=11, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        db_table = "lead_decisions"
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            models.CheckConstraint(condition=Q(ruling__in=Ruling.values), name="lead_decisions_ruling"),
            models.CheckConstraint(condition=Q(ruling="chosen") ^ Q(cpf=""), name="lead_decisions_chosen_has_cpf"),
        ]
        indexes = [
            # what was decided about a lead, newest first
            models.Index(fields=["lead", "-id"], name="lead_decisions_of_lead")
        ]

    def __str__(self) -> str:
        return str(self.pk)
