"""The command palette (Ctrl+K) and the search above the menu: pages, leads and people by what is typed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from c2s_enrich.privacy.access_log import seen_by_staff
from enrichment.models import Lead
from enrichment.search import leads_matching
from parties.admin.searching import may_search
from parties.disclosure import sees_clear, shown_text
from parties.models import Party
from parties.search import party_ids

MOST_OF_A_KIND, SHORTEST = 10, 3
_TEMPLATES = {True: "unfold/helpers/command_results.html", False: "unfold/helpers/search_results.html"}


@dataclass(frozen=True, slots=True)
class Hit:
    title: str
    description: str
    link: str
    icon: str


@require_GET
def palette(request: HttpRequest) -> HttpResponse:
    """Nothing of it is remembered anywhere: names of people stand in it."""
    if not request.user.get_all_permissions():
        raise PermissionDenied
    term, began = request.GET.get("s", "").replace("\x00", "").strip(), time.monotonic()
    if not term:
        return HttpResponse()
    found = list(_pages(request, term))
    if len(term) >= SHORTEST and may_search(request, term):
        found += [*_leads(request, term), *_people(request, term)]
    pages = Paginator(found, per_page=max(1, len(found)))
    context = {
        "page_obj": pages,
        "results": pages.page(1),
        "page_counter": 0,
        "execution_time": time.monotonic() - began,
    }
    return TemplateResponse(request, _TEMPLATES["extended" in request.GET], context, headers={"HX-Trigger": "search"})


def _pages(request: HttpRequest, term: str) -> Iterator[Hit]:
    site: Any = admin.site
    for group in site.get_sidebar_list(request):
        for item in group["items"]:
            if item.get("has_permission", True) and term.casefold() in str(item["title"]).casefold():
                yield Hit(
                    str(item["title"]), str(group["title"] or ""), str(item["link"]), str(item.get("icon") or "tag")
                )


def _leads(request: HttpRequest, term: str) -> Iterator[Hit]:
    if not request.user.has_perm("enrichment.view_lead"):
        return
    clear = sees_clear(request.user)
    leads = list(Lead.objects.filter(leads_matching(term)).order_by("-received_at")[:MOST_OF_A_KIND])
    if clear:
        seen_by_staff(request, leads, fields=["name"], reason="palette")
    for lead in leads:
        at = date_format(localtime(lead.received_at), "SHORT_DATETIME_FORMAT")
        name = shown_text(lead.customer_name, clear=clear) or lead.lead_id
        yield Hit(name, f"{_('Lead')}, {at}", reverse("admin:enrichment_lead_change", args=[lead.pk]), "inbox")


def _people(request: HttpRequest, term: str) -> Iterator[Hit]:
    if not request.user.has_perm("parties.view_party"):
        return
    clear = sees_clear(request.user)
    parties = list(Party.objects.filter(pk__in=party_ids(term)[:MOST_OF_A_KIND]).defer("origins"))
    if clear:
        seen_by_staff(request, parties, fields=["name"], reason="palette")
    for party in parties:
        name = shown_text(party.name, clear=clear) or _("(no name yet)")
        kind = str(party.get_kind_display())
        yield Hit(name, kind, reverse("admin:parties_party_change", args=[party.pk]), "person")
