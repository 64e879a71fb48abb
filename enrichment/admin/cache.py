"""The page of the cache: what it is worth, what is in it, and how to make it forget."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from c2s_enrich import sealed_cache
from c2s_enrich.back_office import EstimatingPaginator, desk_page, may_view
from c2s_enrich.privacy.access_log import seen_by_staff
from c2s_enrich.tallies import Caches, cache_metrics
from enrichment.forgetting import forget_parties, forget_party
from enrichment.memory import forget_values
from parties.disclosure import sees_clear, shown_document, shown_text
from parties.models import Party, PartyContact
from parties.search import identifiers_in, party_ids

log = structlog.get_logger(__name__)

RECENT = 10
CACHES = {
    "contact_cache": _("Who is behind a contact"),
    "message_cache": _("What was said to a lead"),
    "company_cache": _("Companies"),
    "validation_cache": _("Checked contacts"),
    "work_api_cache": _("Single sections of a profile"),
    "user_cache": _("API keys"),
    "overall": _("All together"),
}


@require_GET
def cache_page(request: HttpRequest) -> HttpResponse:
    told = cache_metrics()
    return desk_page(
        request,
        "admin/cache.html",
        _("Cache"),
        rates=list(_rates(told.cache)),
        memory=told.redis.memory,
        is_shared=sealed_cache.shared(),
        is_reachable=sealed_cache.reachable(),
        savings=told.savings,
        cacheable=EstimatingPaginator(_cacheable(), 1).count,
        known_hours=settings.CACHE_TTL_KNOWN / 3600,
        unknown_minutes=settings.CACHE_TTL_UNKNOWN / 60,
        recent=_recent(request) if may_view(request, Party) else [],
        may_drop=request.user.has_perm("enrichment.drop_cache"),
        page={"in_clear": sees_clear(request.user)},
    )


@require_POST
def forget_one(request: HttpRequest) -> HttpResponse:
    """A contact or a document in any form; or all that is kept of whoever it belongs to."""
    term = request.POST.get("contact", "").strip()
    values = [found.value for found in identifiers_in(term)]
    if not values:
        messages.error(request, _("This can be read neither as a phone, an e-mail, a CPF nor a CNPJ."))
    elif "whole" in request.POST:
        _drop(request, forget_parties(party_ids(term), besides=values), what="parties")
    else:
        _drop(request, forget_values(values), what="contact")
    return redirect("desk:cache")


@require_POST
def forget_of_party(request: HttpRequest, party_id: UUID) -> HttpResponse:
    _drop(request, forget_party(party_id), what="party")
    return redirect(reverse("admin:parties_party_change", args=[party_id]))


@require_http_methods(["GET", "POST"])
def forget_all(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return desk_page(request, "admin/cache_forget_all.html", _("Cache"))
    _drop(request, sealed_cache.sweep_out(), what="everything")
    return redirect("desk:cache")


def _drop(request: HttpRequest, dropped: int, *, what: str) -> None:
    log.info("cache dropped", what=what, entries=dropped, by=str(request.user.pk))
    if not sealed_cache.reachable():
        messages.warning(request, _("The cache cannot be reached. Everything in it is dropped once it is back."))
    elif what == "everything":
        messages.success(request, _("Everything is dropped. The database answers now, and the cache fills again."))
    elif dropped:
        told = ngettext("{count} entry was dropped.", "{count} entries were dropped.", dropped)
        messages.success(request, told.format(count=dropped))
    else:
        messages.info(request, _("Nothing of it was in the cache."))


def _rates(caches: Caches) -> Iterable[dict[str, Any]]:
    for field, name in CACHES.items():
        hits = getattr(caches, field)
        yield {"name": name, "hits": hits, "is_sum": field == "overall"}


def _cacheable() -> QuerySet[PartyContact]:
    """Contacts that the cache could answer for: those of whoever was enriched."""
    return PartyContact.objects.filter(party__enriched=True)


def _recent(request: HttpRequest) -> list[dict[str, Any]]:
    clear = sees_clear(request.user)
    enriched = Party.objects.filter(enriched=True, enriched_at__isnull=False).order_by("-enriched_at")
    rows = list(enriched.defer("origins")[:RECENT])
    if clear:
        seen_by_staff(request, rows, fields=["document"])
    return [
        {
            "row": party,
            "name": shown_text(party.name, clear=clear) or gettext("(no name yet)"),
            "document": shown_document(party.cpf_cnpj, clear=clear),
        }
        for party in rows
    ]
