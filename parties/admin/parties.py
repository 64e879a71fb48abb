from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from c2s_enrich.back_office import Page, badge, moment
from parties.admin.page import party_page
from parties.admin.rows import PartyRows
from parties.admin.searching import may_search
from parties.disclosure import Disclosing, sees_clear, shown_document, shown_text
from parties.models import Kind, Party
from parties.search import MOST, party_ids

KIND_COLOURS = {Kind.PERSON.value: "info", Kind.COMPANY.value: "primary"}


@admin.register(Party)
class PartyAdmin(PartyRows, Disclosing, Page):
    list_display = ("shown_name", "document", "kind_label", "enriched", "enriched_on", "changed")
    list_filter = ("kind", "enriched", "updated_at")
    ordering = ("-updated_at", "-id")
    discloses = ("document", "contacts", "profiles", "history")
    search_fields = ("name",)
    search_help_text = _("Name, phone in any format, e-mail, CPF or CNPJ")

    enriched_on = moment("enriched_at", _("enriched at"))
    changed = moment("updated_at", _("changed"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Party]:
        rows = super().get_queryset(request)
        return rows.defer("origins") if self.is_list(request) else rows.select_related("person", "company", "finances")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Party], search_term: str
    ) -> tuple[QuerySet[Party], bool]:
        if not may_search(request, search_term):
            return queryset.none(), False
        if not search_term.strip():
            return queryset, False
        found = party_ids(search_term)
        if len(found) >= MOST and request.method == "GET":
            messages.info(request, _("More fit than are shown: add a surname, or search by CPF, phone or e-mail."))
        return queryset.filter(pk__in=found), False

    def page(self, request: HttpRequest, obj: Party) -> dict[str, Any]:
        return party_page(obj, clear=sees_clear(request.user)) | {"may_edit": self.has_edit_permission(request)}

    @display(description=_("name"), ordering="name")
    def shown_name(self, party: Party) -> str:
        return shown_text(party.name, clear=party.in_clear) or str(_("(no name yet)"))  # type: ignore[attr-defined]

    @display(description=_("CPF/CNPJ"), empty_value="–")
    def document(self, party: Party) -> str | None:
        return shown_document(party.cpf_cnpj, clear=party.in_clear) or None  # type: ignore[attr-defined]

    @display(description=_("kind"))
    def kind_label(self, party: Party) -> str:
        return badge(party.get_kind_display(), KIND_COLOURS[party.kind])
