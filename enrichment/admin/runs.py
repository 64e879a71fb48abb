from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from c2s_enrich.back_office import Page, badge, moment
from enrichment.admin.legal_basis import Grounded
from enrichment.admin.told import message_told, runs_told
from enrichment.admin.wording import TIER_COLOURS, said_outcome, said_state
from enrichment.models import Direction, Lead, LeadMessage, Run
from enrichment.search import leads_matching
from parties.admin.searching import may_search
from parties.disclosure import Disclosing, sees_clear, shown_text

LEADS_SEARCHED = 200


@admin.register(Run)
class RunAdmin(Grounded, Disclosing, Page):
    list_display = ("created", "customer", "state_label", "tier_label", "trigger", "confidence", "attempts", "why")
    list_filter = ("state", "tier", "trigger", "created_at")
    list_select_related = ("lead",)
    ordering = ("-id",)
    discloses = ("name", "candidates", "messages")
    search_fields = ("lead__lead_id",)
    search_help_text = _("Name, phone in any format, e-mail, CPF or lead id")

    created = moment("created_at", _("created"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return super().get_queryset(request).select_related("lead", "lead__party")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Run], search_term: str
    ) -> tuple[QuerySet[Run], bool]:
        if not may_search(request, search_term):
            return queryset.none(), False
        return (queryset.filter(of_leads(search_term)) if search_term.strip() else queryset), False

    def page(self, request: HttpRequest, obj: Run) -> dict[str, Any]:
        clear = sees_clear(request.user)
        sent = LeadMessage.objects.filter(run=obj, direction=Direction.OUT)
        return {
            "in_clear": clear,
            "name": shown_text(obj.lead.customer_name, clear=clear),
            "run": runs_told(Run.objects.filter(pk=obj.pk), clear=clear)[0],
            "messages": [message_told(m, clear=clear) for m in sent],
        }

    @display(description=_("customer"))
    def customer(self, run: Run) -> str:
        return shown_text(run.lead.customer_name, clear=run.in_clear) or "–"  # type: ignore[attr-defined]

    @display(description=_("status"))
    def state_label(self, run: Run) -> str:
        return badge(*said_state(run.state, reviewed=run.reviewed_at is not None))

    @display(description=_("answered by"), empty_value="–")
    def tier_label(self, run: Run) -> str | None:
        return badge(run.get_tier_display(), TIER_COLOURS[run.tier]) if run.tier else None

    @display(description=_("what happened"), empty_value="–")
    def why(self, run: Run) -> str | None:
        return said_outcome(run.error) or None


def of_leads(term: str) -> Q:
    """Rows of the newest leads that the term fits."""
    newest = Lead.objects.filter(leads_matching(term)).order_by("-received_at", "-id")
    return Q(lead__in=list(newest.values_list("pk", flat=True)[:LEADS_SEARCHED]))
