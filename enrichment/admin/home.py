"""The home page: how the leads of today fare, for whoever may see runs; providers and money for who may see those."""

import json
from collections import Counter
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from c2s_enrich.back_office import may_view
from enrichment.admin.alerts import troubles
from enrichment.admin.deeds import may_do
from enrichment.figures import MOST_COUNTED, Arrivals, arrivals, money_this_month, queue
from enrichment.models import Alert, CreationState, CrmCreation, Deed, ProviderGate, Run, RunState, Tier
from enrichment.providers.names import NAMES
from enrichment.providers.standing import standings
from enrichment.reviews import COUNTED_AT_MOST, reviews_waiting

# outcomes that are told together, and their colour
GROUPS: list[tuple[Any, tuple[RunState, ...], str]] = [
    (_("Completed"), (RunState.COMPLETED,), "var(--color-green-500)"),
    (_("Partial"), (RunState.PARTIAL,), "var(--color-blue-400)"),
    (_("Needs review"), (RunState.NEEDS_REVIEW,), "var(--color-orange-500)"),
    (_("Nobody found"), (RunState.NOT_FOUND,), "var(--color-base-400)"),
    (_("Failed"), (RunState.FAILED,), "var(--color-red-500)"),
    (_("Skipped"), (RunState.SKIPPED,), "var(--color-base-300)"),
    (_("Open"), (RunState.QUEUED, RunState.RUNNING), "var(--color-primary-500)"),
]
TIER_BARS = {Tier.CACHE: "green", Tier.DATABASE: "blue", Tier.PROVIDER: "primary"}
GATE_SAID = {
    "off": (_("Switched off"), "danger"),
    "open": (_("Failing: left alone"), "danger"),
    "probing": (_("Being tried again"), "warning"),
    "waiting": (_("Asked us to wait"), "warning"),
    "slowed": (_("Slowed down"), "warning"),
    "well": (_("Well"), "success"),
}
_AXIS = {"stacked": True, "border": {"width": 0}, "ticks": {"color": "#9ca3af", "precision": 0, "maxRotation": 0}}
CHART: dict[str, Any] = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "plugins": {
        "legend": {
            "position": "bottom",
            "labels": {"color": "#9ca3af", "boxWidth": 6, "boxHeight": 6, "usePointStyle": True},
        }
    },
    "scales": {"x": {**_AXIS, "grid": {"display": False}}, "y": {**_AXIS, "beginAtZero": True, "grid": {}}},
}
# what is compared and not added up, and may be a fraction
LINES = CHART | {
    "scales": {
        axis: told | {"stacked": False, "ticks": {"color": "#9ca3af", "maxRotation": 0}}
        for axis, told in CHART["scales"].items()
    }
}


def home_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold asks this before it draws the home page."""
    return context | figures_for(request)


def home_part(request: HttpRequest) -> HttpResponse:
    """The figures alone, fetched anew while the page is looked at."""
    if not may_view(request, Run):
        raise PermissionDenied
    return render(request, "admin/parts/home_figures.html", figures_for(request))


def figures_for(request: HttpRequest) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if may_view(request, Run):
        found["arrived"] = arrived = arrivals()
        found |= {"queue": queue(), "reviews": reviews_waiting(), "most": MOST_COUNTED, "most_reviews": COUNTED_AT_MOST}
        found["refused"] = CrmCreation.objects.filter(state=CreationState.REFUSED)[: COUNTED_AT_MOST + 1].count()
        found["may_decide"] = may_do(request, Deed.REVIEWED)
        found |= {"chart": json.dumps(_chart(arrived)), "chart_options": json.dumps(CHART), "tiers": _tiers(arrived)}
    if may_view(request, Alert):
        found["troubles"] = troubles()
    if may_view(request, ProviderGate):
        told = [(NAMES[s.provider], s, *GATE_SAID[s.state]) for s in standings()]
        found |= {"money": money_this_month(), "providers": told}
    return found


def _chart(arrived: Arrivals) -> dict[str, Any]:
    hours = arrived.hours
    return {
        "labels": [f"{localtime(hour.at):%H}h" for hour in hours],
        "datasets": [
            {"label": str(name), "backgroundColor": colour, "data": [_of(hour.states, states) for hour in hours]}
            for name, states, colour in GROUPS
        ],
    }


def _of(counts: Counter[str], states: tuple[RunState, ...]) -> int:
    return sum(counts[state.value] for state in states)


def _tiers(arrived: Arrivals) -> list[dict[str, Any]]:
    whole = sum(arrived.tiers[tier] for tier in Tier) or 1
    return [
        {"name": tier.label, "number": arrived.tiers[tier], "percent": round(100 * arrived.tiers[tier] / whole),
         "colour": colour}
        for tier, colour in TIER_BARS.items()
    ]  # fmt: skip
