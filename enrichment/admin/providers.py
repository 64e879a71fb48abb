"""The page of the providers: how each stands, what it may cost, and the switch that stops asking it."""

from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from c2s_enrich.back_office import desk_page
from enrichment.admin.home import GATE_SAID
from enrichment.models import ProviderGate
from enrichment.providers.limits import Rate
from enrichment.providers.names import NAMES
from enrichment.providers.standing import Standing, standings
from enrichment.providers.switch import provider_switch

ON, OFF = "switched on", "switched off"
# what staff and leads miss while a provider is not asked
WITHOUT = {
    "c2s": _("No message reaches the CRM and no lead is made there; leads wait until it is switched on again."),
    "diretrix": _("Nobody new is found behind a phone or an e-mail; leads that are not known yet wait."),
    "work_api": _("No new profile is fetched; leads go on with what is known already, or wait."),
}
_PERIODS = {
    timedelta(seconds=1): _("{calls} a second"),
    timedelta(minutes=1): _("{calls} a minute"),
    timedelta(hours=1): _("{calls} an hour"),
    timedelta(days=1): _("{calls} a day"),
}


@require_GET
def providers_page(request: HttpRequest) -> HttpResponse:
    return desk_page(request, "admin/providers.html", _("Providers and budgets"), **_shown(request))


@require_GET
def providers_part(request: HttpRequest) -> HttpResponse:
    """The figures alone, fetched anew while the page is looked at."""
    return render(request, "admin/parts/providers.html", _shown(request))


@require_http_methods(["GET", "POST"])
def provider_switch_page(request: HttpRequest, provider: str) -> HttpResponse:
    """Asks first; which way it goes is said by the page that was confirmed, so that two who press do not undo it."""
    if provider not in NAMES:
        raise Http404
    if request.method == "POST":
        _switch(request, provider, enabled=request.POST.get("to") == "on")
        return redirect("desk:providers")
    gate = ProviderGate.objects.filter(pk=provider).first()
    shown = {"enabled": gate is None or gate.enabled, "name": NAMES[provider], "without": WITHOUT[provider]}
    return desk_page(request, "admin/provider_switch.html", NAMES[provider], **shown)


def _switch(request: HttpRequest, provider: str, *, enabled: bool) -> None:
    if not provider_switch(provider=provider, enabled=enabled, by=str(request.user.pk)):
        messages.warning(request, _("Somebody else was faster: it stood so already."))
        return
    gate = ProviderGate.objects.filter(pk=provider)
    LogEntry.objects.log_actions(cast(int, request.user.pk), gate, CHANGE, ON if enabled else OFF, single_object=True)
    said = gettext("{provider} is asked again.") if enabled else gettext("{provider} is not asked any more.")
    messages.success(request, said.format(provider=NAMES[provider]))


def _shown(request: HttpRequest) -> dict[str, Any]:
    switched = _switched()
    return {
        "providers": [_told(standing, switched.get(standing.provider)) for standing in standings()],
        "may_switch": request.user.has_perm("enrichment.change_providergate"),
        "breaks_after": settings.BREAKER_FAILURES,
    }


def _told(standing: Standing, switched: LogEntry | None) -> dict[str, Any]:
    said, colour = GATE_SAID[standing.state]
    return {
        "standing": standing,
        "name": NAMES[standing.provider],
        "said": said,
        "colour": colour,
        "why": _why(standing.state, standing.until),
        "costs": hasattr(settings, f"PRICE_{standing.provider.upper()}"),
        "rate": _rate_told(standing.limits.rate),
        "at_once": _at_once_told(standing),
        "switched": switched,
        "was_switched_on": switched is not None and switched.change_message == ON,
    }


def _switched() -> dict[str, LogEntry]:
    """Who moved each switch last."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(ProviderGate), change_message__in=(ON, OFF)
    )
    latest = entries.order_by("object_id", "-action_time").distinct("object_id").select_related("user")
    return {str(entry.object_id): entry for entry in latest}


def _why(state: str, until: datetime | None) -> dict[str, Any] | None:
    reasons = {
        "off": _("Staff switched it off: nobody asks it until it is switched on again."),
        "open": _("It failed several times in a row, so it is left alone for a moment."),
        "probing": _("One call at a time tries whether it is back."),
        "waiting": _("It said that it is asked too often."),
        "slowed": _("It said that it was asked too often; the number of calls at once grows back by itself."),
    }
    return {"said": reasons[state], "until": until} if state in reasons else None


def _rate_told(rate: Rate | None) -> str:
    return str(_PERIODS[rate.period]).format(calls=rate.calls) if rate else gettext("no limit")


def _at_once_told(standing: Standing) -> str:
    usual, now = standing.limits.concurrency or gettext("no limit"), standing.ceiling
    if standing.gate.ceiling is None:
        return str(usual)
    return gettext("{now} just now; usually: {usual}").format(now=now, usual=usual)
