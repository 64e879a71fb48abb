from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from c2s_enrich.back_office import ReadOnlyListing, badge, moment
from enrichment.admin.troubles import PROVIDERS
from enrichment.admin.wording import BILLED_COLOURS, CALL_COLOURS
from enrichment.models import ProviderCall


class ProviderFilter(admin.SimpleListFilter):
    """The providers by name: reading the distinct ones from the table would read all of it."""

    title = _("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(PROVIDERS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[ProviderCall]) -> QuerySet[ProviderCall]:
        return queryset.filter(provider=self.value()) if self.value() else queryset


@admin.register(ProviderCall)
class ProviderCallAdmin(ReadOnlyListing):
    list_display = ("called", "provider_name", "operation", "outcome_label", "ms", "billed_label", "price", "run")
    list_filter = (ProviderFilter, "outcome", "billed", "created_at")
    ordering = ("-created_at", "-id")
    fields = (
        "called", "provider_name", "operation", "outcome_label", "status", "ms", "billed_label", "price", "run",
    )  # fmt: skip

    called = moment("created_at", _("at"))

    @display(description=_("provider"), ordering="provider")
    def provider_name(self, call: ProviderCall) -> str:
        return PROVIDERS.get(call.provider, call.provider)

    @display(description=_("outcome"))
    def outcome_label(self, call: ProviderCall) -> str:
        return badge(call.get_outcome_display(), CALL_COLOURS[call.outcome])

    @display(description=_("billed"))
    def billed_label(self, call: ProviderCall) -> str:
        return badge(call.get_billed_display(), BILLED_COLOURS[call.billed])

    @display(description=_("run"), empty_value="–")
    def run(self, call: ProviderCall) -> str | None:
        return run_link(str(call.run_id)) if call.run_id else None


def run_link(run_id: str) -> str:
    """The page says so when the run is gone: rows like these outlive it."""
    url = reverse("admin:enrichment_run_change", args=[run_id])
    return format_html('<a class="text-link" href="{}">…{}</a>', url, run_id[-8:])
