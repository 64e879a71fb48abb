from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from c2s_enrich.back_office import Page, badge, moment
from enrichment.admin.legal_basis import Grounded
from enrichment.admin.runs import of_leads
from enrichment.admin.told import message_told
from enrichment.admin.wording import DIRECTION_COLOURS, MESSAGE_COLOURS
from enrichment.models import LeadMessage
from parties.admin.searching import may_search
from parties.disclosure import Disclosing, sees_clear, shown_text


@admin.register(LeadMessage)
class LeadMessageAdmin(Grounded, Disclosing, Page):
    list_display = ("said", "customer", "direction_label", "state_label", "beginning")
    list_filter = ("direction", "state", "sent_at")
    ordering = ("-id",)
    search_fields = ("lead__lead_id",)
    exports = ("whole", *Grounded.exports)
    discloses = ("name", "text")
    search_help_text = _("Name, phone in any format, e-mail, CPF or lead id")

    said = moment("sent_at", _("at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[LeadMessage]:
        return super().get_queryset(request).select_related("lead")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LeadMessage], search_term: str
    ) -> tuple[QuerySet[LeadMessage], bool]:
        if not may_search(request, search_term):
            return queryset.none(), False
        return (queryset.filter(of_leads(search_term)) if search_term.strip() else queryset), False

    def page(self, request: HttpRequest, obj: LeadMessage) -> dict[str, Any]:
        clear = sees_clear(request.user)
        return {
            "in_clear": clear,
            "name": shown_text(obj.lead.customer_name, clear=clear),
            "messages": [message_told(obj, clear=clear)],
        }

    @display(description=_("customer"))
    def customer(self, message: LeadMessage) -> str:
        return shown_text(message.lead.customer_name, clear=message.in_clear) or "–"  # type: ignore[attr-defined]

    @display(description=_("direction"))
    def direction_label(self, message: LeadMessage) -> str:
        return badge(message.get_direction_display(), DIRECTION_COLOURS[message.direction])

    @display(description=_("state"))
    def state_label(self, message: LeadMessage) -> str:
        return badge(message.get_state_display(), MESSAGE_COLOURS[message.state])

    @display(description=_("the whole text"))
    def whole(self, message: LeadMessage) -> str:
        return shown_text(message.body, clear=message.in_clear)  # type: ignore[attr-defined]

    @display(description=_("text"))
    def beginning(self, message: LeadMessage) -> str:
        text = shown_text(message.body, clear=message.in_clear)  # type: ignore[attr-defined]
        return Truncator(" ".join(text.split())).chars(80)
