"""Who saw whose data in clear; and on a person's page, who saw this one."""

from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from c2s_enrich.back_office import ReadOnlyListing, Titled, badge, may_view, moment, panel
from c2s_enrich.privacy.models import AccessEntry, Looker
from parties.admin.deeds import page_of
from parties.models import Party
from parties.search import identifiers_in, party_ids

KIND_COLOURS = {Looker.STAFF.value: "info", Looker.KEY.value: "primary", Looker.COMMAND.value: "warning"}
LOOKS_SHOWN = 10


@admin.register(AccessEntry)
class AccessEntryAdmin(ReadOnlyListing):
    list_display = ("seen", "who", "kind_label", "what", "shown_fields", "reason")
    list_filter = ("kind", "at")
    ordering = ("-id",)
    search_fields = ("who",)
    search_help_text = _("Who looked; or whom: a CPF, phone or e-mail in any format, a name, an id")
    fields = ("seen", "who", "kind_label", "what", "shown_fields", "reason", "request_id")

    seen = moment("at", _("at"))

    @display(description=_("kind"))
    def kind_label(self, entry: AccessEntry) -> str:
        return badge(entry.get_kind_display(), KIND_COLOURS[entry.kind])

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        entry = context["original"]
        context |= {"original": Titled(entry, f"{entry.who}: {_kind_of(entry)}"), "subtitle": None}
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=_("what was seen"))
    def what(self, entry: AccessEntry) -> str:
        kind, seen = _kind_of(entry), f"…{entry.thing_id[-8:]}" if entry.thing_id else ""
        if entry.party_id is None:
            return f"{kind} {seen}"
        return format_html('{} <a class="text-link" href="{}">{}</a>', kind, page_of(entry.party_id), seen)

    @display(description=_("fields"))
    def shown_fields(self, entry: AccessEntry) -> str:
        return ", ".join(entry.fields) or "–"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AccessEntry], search_term: str
    ) -> tuple[QuerySet[AccessEntry], bool]:
        term = search_term.strip()
        return (queryset.filter(_about(term)) if term else queryset), False


def _kind_of(entry: AccessEntry) -> str:
    try:
        return str(apps.get_model(entry.thing)._meta.verbose_name)
    except (LookupError, ValueError):
        return entry.thing


def _about(term: str) -> Q:
    if identifiers_in(term):
        return Q(party_id__in=party_ids(term))
    asked = Q(who=term) | Q(thing_id=term) | Q(party_id__in=party_ids(term))
    return asked | Q(party_id=term) if _is_uuid(term) else asked


def _is_uuid(term: str) -> bool:
    try:
        return bool(UUID(term))
    except ValueError:
        return False


@panel(on=Party)
def looks_at_party(request: HttpRequest, party: Party) -> tuple[str, dict[str, Any]]:
    seen: Any = []
    if may_view(request, AccessEntry):
        seen = AccessEntry.objects.filter(party_id=party.pk).order_by("-id")[:LOOKS_SHOWN]
    return "admin/parts/looks_at_party.html", {"looks": seen}
