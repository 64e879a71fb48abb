from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from c2s_enrich.back_office import badge, moment
from enrichment.admin.lead_filters import ReviewFilter, StateFilter, TierFilter
from enrichment.admin.lead_page import lead_page
from enrichment.admin.legal_basis import Grounded
from enrichment.admin.review import ReviewQueue
from enrichment.admin.seller_filter import SellerFilter
from enrichment.admin.wording import RULING_COLOURS, TIER_COLOURS, said_state
from enrichment.latest import latest_run
from enrichment.models import Decision, Lead, Ruling, Tier
from enrichment.search import leads_matching
from parties.admin.searching import may_search
from parties.disclosure import Disclosing, shown_contact, shown_document, shown_text


@admin.register(Lead)
class LeadAdmin(Grounded, Disclosing, ReviewQueue):
    list_display = (
        "received",
        "customer",
        "shown_phone",
        "state_label",
        "ruling_label",
        "tier_label",
        "shown_seller",
        "source",
    )
    exports = ("shown_email", "shown_document", "shown_product", "shown_source", *Grounded.exports)
    discloses = ("name", "contacts", "document", "messages", "candidates")
    list_display_links = ("received", "customer")
    list_filter = (SellerFilter, StateFilter, ReviewFilter, TierFilter, "source", "received_at")
    # the seller is typed, and sent by a button
    list_filter_submit = True
    ordering = ("-received_at", "-id")
    search_fields = ("lead_id",)
    search_help_text = _("Name, phone in any format, e-mail, CPF or lead id")

    received = moment("received_at", _("received"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lead]:
        rows = super().get_queryset(request)
        if self.is_list(request):
            return rows.annotate(
                state=latest_run("state"),
                tier=latest_run("tier"),
                reviewed_at=latest_run("reviewed_at"),
                ruling=latest_ruling(),
            )
        return rows.select_related("party")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Lead], search_term: str
    ) -> tuple[QuerySet[Lead], bool]:
        if not may_search(request, search_term):
            return queryset.none(), False
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

    @display(description=_("e-mail"))
    def shown_email(self, lead: Lead) -> str:
        return shown_contact(lead.email_value or lead.email, clear=lead.in_clear)  # type: ignore[attr-defined]

    @display(description=_("CPF"))
    def shown_document(self, lead: Lead) -> str:
        return shown_document(lead.chosen_cpf or lead.document, clear=lead.in_clear)  # type: ignore[attr-defined]

    @display(description=_("status"), empty_value="–")
    def state_label(self, lead: Lead) -> str | None:
        state, at = lead.state, lead.reviewed_at  # type: ignore[attr-defined]
        return badge(*said_state(state, reviewed=at is not None)) if state else None

    @display(description=_("decision"), empty_value="–")
    def ruling_label(self, lead: Lead) -> str | None:
        ruling = lead.ruling  # type: ignore[attr-defined]
        return badge(str(Ruling(ruling).label), RULING_COLOURS[ruling]) if ruling else None

    @display(description=_("answered by"), empty_value="–")
    def tier_label(self, lead: Lead) -> str | None:
        tier = lead.tier  # type: ignore[attr-defined]
        return badge(str(Tier(tier).label), TIER_COLOURS[tier]) if tier else None

    @display(description=_("seller"), ordering="seller", empty_value="–")
    def shown_seller(self, lead: Lead) -> str | None:
        return shown_text(lead.seller, clear=lead.in_clear) or None  # type: ignore[attr-defined]

    @display(description=_("product"), empty_value="–")
    def shown_product(self, lead: Lead) -> str | None:
        return shown_text(lead.product, clear=lead.in_clear) or None  # type: ignore[attr-defined]

    @display(description=_("origin"), empty_value="–")
    def shown_source(self, lead: Lead) -> str | None:
        return shown_text(lead.lead_source, clear=lead.in_clear) or None  # type: ignore[attr-defined]


def latest_ruling() -> Subquery:
    decisions = Decision.objects.filter(lead=OuterRef("pk"))
    return Subquery(decisions.order_by("-id").values("ruling")[:1])
