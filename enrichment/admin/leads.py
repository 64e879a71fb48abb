from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from c2s_enrich.back_office import badge, moment
from enrichment.admin.lead_page import lead_page
from enrichment.admin.review import ReviewQueue
from enrichment.admin.wording import RUN_COLOURS, TIER_COLOURS
from enrichment.models import Lead, Run, RunState, Tier
from enrichment.search import leads_matching
from parties.disclosure import Disclosing, shown_contact, shown_text


def latest(field: str) -> Subquery:
    return Subquery(Run.objects.filter(lead=OuterRef("pk"), repeats=None).order_by("-id").values(field)[:1])


class LatestStateFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(RunState.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        """From the runs of that state, found by their index, to the leads whose latest run they are."""
        if self.value() not in RunState.values:
            return queryset
        newer = Run.objects.filter(lead=OuterRef("lead"), pk__gt=OuterRef("pk"), repeats=None)
        runs = Run.objects.filter(~Exists(newer), repeats=None, state=self.value())
        return queryset.filter(pk__in=runs.values("lead"))


@admin.register(Lead)
class LeadAdmin(Disclosing, ReviewQueue):
    list_display = ("received", "customer", "shown_phone", "state_label", "tier_label", "shown_seller", "source")
    list_display_links = ("received", "customer")
    list_filter = (LatestStateFilter, "source", "received_at")
    ordering = ("-received_at", "-id")
    search_fields = ("lead_id",)
    search_help_text = _("Name, phone in any format, e-mail, CPF or lead id")

    received = moment("received_at", _("received"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lead]:
        rows = super().get_queryset(request)
        if self.is_list(request):
            return rows.annotate(state=latest("state"), tier=latest("tier"))
        return rows.select_related("party")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Lead], search_term: str
    ) -> tuple[QuerySet[Lead], bool]:
        return (queryset.filter(leads_matching(search_term)) if search_term.strip() else queryset), False

    def page(self, request: HttpRequest, obj: Lead) -> dict[str, Any]:
        return lead_page(obj, request=request)

    @display(description=_("customer"))
    def customer(self, lead: Lead) -> str:
        # some type their phone where the name belongs
        return shown_text(lead.customer_name, clear=lead.in_clear) or "–"  # type: ignore[attr-defined]

    @display(description=_("phone"), empty_value="–")
    def shown_phone(self, lead: Lead) -> str | None:
        return shown_contact(lead.phone_value or lead.phone, clear=lead.in_clear) or None  # type: ignore[attr-defined]

    @display(description=_("status"), empty_value="–")
    def state_label(self, lead: Lead) -> str | None:
        state = lead.state  # type: ignore[attr-defined]
        return badge(str(RunState(state).label), RUN_COLOURS[state]) if state else None

    @display(description=_("answered by"), empty_value="–")
    def tier_label(self, lead: Lead) -> str | None:
        tier = lead.tier  # type: ignore[attr-defined]
        return badge(str(Tier(tier).label), TIER_COLOURS[tier]) if tier else None

    @display(description=_("seller"), ordering="seller", empty_value="–")
    def shown_seller(self, lead: Lead) -> str | None:
        return lead.seller or None
