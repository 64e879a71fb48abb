"""The page that says what enriching those who came in with a file may cost, and takes the sum that may be spent."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from c2s_enrich.back_office import Page
from enrichment.admin.deeds import may_do
from enrichment.bulk.enriching import CannotEnrich, enrich_order, price_at_most
from enrichment.bulk.words import NO_PRICE, said_of_file
from enrichment.models import BulkImport, BulkState, Deed
from enrichment.providers.reading import money

NO_SUM = _("This is no sum of money.")
NOT_NOW = _("It is under way already, or the last person is still being asked about: try again in a moment.")
COUNTS = (("asked", _("asked about")), ("enriched", _("enriched")))


class EnrichingPage(Page):
    def enrich_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The price first; posted with a sum, it begins."""
        if not may_do(request, Deed.FORCE):
            raise PermissionDenied
        bulk, given = get_object_or_404(BulkImport, pk=pk), request.POST.get("budget", "")
        wrong = self._ordered(request, bulk, given) if request.method == "POST" else ""
        if request.method == "POST" and not wrong:
            return redirect(reverse("admin:enrichment_bulkimport_change", args=[pk]))
        shown = {"title": _("Enrich who came in"), "opts": self.opts, "bulk": bulk, "price": price_at_most(bulk)}
        shown |= {"wrong": wrong, "budget": given, "without_price": said_of_file(NO_PRICE)}
        context = self.admin_site.each_context(request) | shown
        return TemplateResponse(request, "admin/enrichment/bulkimport/enrich.html", context)

    def _ordered(self, request: HttpRequest, bulk: BulkImport, given: str) -> Any:
        """Why not, if not."""
        budget = money(given[:20])
        if not budget:
            return NO_SUM
        try:
            enrich_order(bulk, budget=budget)
        except CannotEnrich as error:
            return said_of_file(error.why) if error.why else NOT_NOW
        self.log_change(request, bulk, f"enriching ordered, R$ {budget} at most")
        return ""


def may_enrich(request: HttpRequest, bulk: BulkImport) -> bool:
    ended = bulk.state in (BulkState.DONE, BulkState.CANCELLED) and not bulk.is_enriching
    return ended and may_do(request, Deed.FORCE) and bulk.parties.exists()


def percent_asked(bulk: BulkImport) -> int:
    return min(99, 100 * bulk.asked // max(1, bulk.to_ask))
