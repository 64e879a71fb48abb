"""What the list of leads is narrowed by; each is answered by an index, newest first."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from enrichment.latest import leads_in_state
from enrichment.models import CreationState, CrmCreation, Decision, Lead, Ruling, RunState, Tier
from enrichment.reviews import leads_to_review


class LeadFilter(admin.SimpleListFilter):
    offered: list[tuple[str, Any]] = []

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return self.offered

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        value = self.value()
        return self.narrowed(queryset, value) if value in dict(self.lookup_choices) else queryset

    def narrowed(self, leads: QuerySet[Lead], value: str) -> QuerySet[Lead]:
        raise NotImplementedError


class StateFilter(LeadFilter):
    title = _("status")
    parameter_name = "status"
    offered = list(RunState.choices)

    def narrowed(self, leads: QuerySet[Lead], value: str) -> QuerySet[Lead]:
        return leads_in_state(leads, value)


class ReviewFilter(LeadFilter):
    title = _("review")
    parameter_name = "review"
    offered = [("waiting", _("Waiting for a person")), ("refused", _("Refused by the CRM")), *Ruling.choices]

    def narrowed(self, leads: QuerySet[Lead], value: str) -> QuerySet[Lead]:
        if value == "waiting":
            return leads_to_review(leads)
        if value == "refused":
            return leads.filter(pk__in=CrmCreation.objects.filter(state=CreationState.REFUSED).values("lead"))
        return leads.filter(pk__in=Decision.objects.filter(ruling=value).values("lead"))


class TierFilter(LeadFilter):
    title = _("answered by")
    parameter_name = "tier"
    offered = list(Tier.choices)

    def narrowed(self, leads: QuerySet[Lead], value: str) -> QuerySet[Lead]:
        return leads.filter(outcome_tier=value)
