from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from c2s_enrich.back_office import ReadOnlyListing, Titled, badge, moment
from enrichment.admin.wording import BILLED_COLOURS, CALL_COLOURS
from enrichment.models import ProviderCall
from enrichment.providers.names import NAMES

OPERATIONS = {
    "phone": _("who has a phone"),
    "email": _("who has an e-mail"),
    "cpf": _("the person of a CPF"),
    "telefone": _("people by phone"),
    "nome": _("people by name"),
    "mae": _("people by the mother's name"),
    "titulo": _("people by voter's title"),
    "cep": _("people by CEP"),
    "cnpj": _("a company by CNPJ"),
    "lead_get": _("read a lead"),
    "lead_list": _("list leads"),
    "lead_create": _("make a lead"),
    "message_create": _("write a message"),
    "sellers": _("the brokers"),
    "company": _("the brokerage"),
    "subscribe": _("register a webhook"),
    "unsubscribe": _("remove a webhook"),
}


class ProviderFilter(admin.SimpleListFilter):
    """The providers by name: reading the distinct ones from the table would read all of it."""

    title = _("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(NAMES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[ProviderCall]) -> QuerySet[ProviderCall]:
        return queryset.filter(provider=self.value()) if self.value() else queryset


@admin.register(ProviderCall)
class ProviderCallAdmin(ReadOnlyListing):
    list_display = ("called", "provider_name", "asked", "outcome_label", "took", "billed_label", "cost", "run")
    list_filter = (ProviderFilter, "outcome", "billed", "created_at")
    ordering = ("-created_at", "-id")
    fields = (
        "called", "provider_name", "asked", "outcome_label", "status", "took", "billed_label", "cost", "run",
    )  # fmt: skip

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        call = context["original"]
        title = f"{self.provider_name(call)}: {self.asked(call)}"
        context |= {"original": Titled(call, title), "subtitle": None}
        return super().render_change_form(request, context, *args, **kwargs)

    called = moment("created_at", _("at"))

    @display(description=_("provider"), ordering="provider")
    def provider_name(self, call: ProviderCall) -> str:
        return NAMES.get(call.provider, call.provider)

    @display(description=_("what was asked"))
    def asked(self, call: ProviderCall) -> str:
        return str(OPERATIONS.get(call.operation, call.operation))

    @display(description=_("took"), ordering="ms")
    def took(self, call: ProviderCall) -> str:
        return f"{call.ms} ms"

    @display(description=_("price"), ordering="price")
    def cost(self, call: ProviderCall) -> str:
        return f"R$ {number_format(call.price, 2)}" if call.price else "–"

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
