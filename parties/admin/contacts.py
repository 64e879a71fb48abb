from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from c2s_enrich.back_office import ReadOnlyListing, Titled, badge, moment
from parties.admin.deeds import page_of
from parties.admin.page import source_named
from parties.admin.searching import may_search
from parties.disclosure import Disclosing, shown_contact, shown_text
from parties.models import PartyContact
from parties.search import identifiers_in, party_ids


@admin.register(PartyContact)
class PartyContactAdmin(Disclosing, ReadOnlyListing):
    list_display = ("shown_value", "contact_type", "owner", "standing", "source_name", "confidence")
    list_filter = ("contact_type", "is_primary")
    list_select_related = ("party",)
    ordering = ("-id",)
    discloses = ("contact",)
    search_fields = ("value",)
    search_help_text = _("Phone in any format, e-mail, CPF, CNPJ or name")
    fields = (
        "shown_value", "contact_type", "owner", "standing", "source_name", "confidence", "operator",
        "line_type", "made", "changed",
    )  # fmt: skip

    made = moment("created_at", _("created at"))
    changed = moment("updated_at", _("updated at"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        contact = context["original"]
        context |= {"original": Titled(contact, self.shown_value(contact)), "subtitle": None}
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=_("whose"))
    def owner(self, contact: PartyContact) -> str:
        named = shown_text(contact.party.name, clear=contact.in_clear)  # type: ignore[attr-defined]
        name = named or gettext("(no name yet)")
        return format_html('<a class="text-link" href="{}">{}</a>', page_of(contact.party_id), name)

    @display(description=_("value"))
    def shown_value(self, contact: PartyContact) -> str:
        return shown_contact(contact.value, clear=contact.in_clear)  # type: ignore[attr-defined]

    @display(description=_("standing"))
    def standing(self, contact: PartyContact) -> str:
        primary = badge(_("primary"), "info") if contact.is_primary else ""
        verified = badge(_("verified"), "success") if contact.is_verified else ""
        return format_html("{} {}", primary, verified) if primary or verified else "–"

    @display(description=_("source"), empty_value="–")
    def source_name(self, contact: PartyContact) -> str | None:
        return source_named(contact.source) or None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PartyContact], search_term: str
    ) -> tuple[QuerySet[PartyContact], bool]:
        if not may_search(request, search_term):
            return queryset.none(), False
        if not search_term.strip():
            return queryset, False
        values = [found.value for found in identifiers_in(search_term)]
        by_value = queryset.filter(value__in=values)
        return by_value if by_value.exists() else queryset.filter(party__in=party_ids(search_term)), False
