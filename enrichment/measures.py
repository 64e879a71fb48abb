"""What Prometheus is told of the queue, the runs and the providers: read from their rows at each scrape."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Sum
from django.db.models.functions import Now
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker
from prometheus_client.core import Metric

from c2s_enrich.ids import uuid7_floor
from c2s_enrich.metrics import gauge, measured
from enrichment.models import (
    AlertKind,
    AlertNews,
    ProviderCall,
    ProviderGate,
    ProviderSlot,
    ProviderSpend,
    Run,
    RunState,
)
from enrichment.models.run import OPEN_STATES
from enrichment.providers.limits import limits_of

_LATELY = timedelta(hours=1)
_ENDED = [state for state in RunState if state not in OPEN_STATES]
_SILENT_AFTER = timedelta(seconds=30)


@measured
def queue() -> Iterator[Metric]:
    found = dict.fromkeys(map(str, OPEN_STATES), 0)
    oldest: Any = None
    open_runs = Run.objects.filter(state__in=OPEN_STATES).values_list("state")
    for state, number, since in open_runs.annotate(Count("id"), Min("created_at")):
        found[state] = number
        oldest = min(filter(None, (oldest, since)))
    age = (timezone.now() - oldest).total_seconds() if oldest else 0
    yield gauge("runs_open", "Runs waiting and under way.", [((s,), n) for s, n in found.items()], ["state"])
    yield gauge("run_oldest_seconds", "How long the oldest of them has been there.", [((), age)])
    jobs = ProcrastinateJob.objects.values_list("status").annotate(Count("id"))
    yield gauge("jobs", "Jobs in the queue.", [((status,), number) for status, number in jobs], ["status"])
    alive = ProcrastinateWorker.objects.filter(last_heartbeat__gt=Now() - _SILENT_AFTER).count()
    yield gauge("workers", "Workers whose heart beats.", [((), alive)])


@measured
def outcomes() -> Iterator[Metric]:
    since = timezone.now() - _LATELY
    # by key, for that is what the index by state is ordered by
    lately = Run.objects.filter(state__in=_ENDED, id__gte=uuid7_floor(since))
    ended = lately.values_list("state", "tier").annotate(Count("id"))
    values = [((state, tier), number) for state, tier, number in ended]
    yield gauge("runs_last_hour", "Runs begun within the hour that have ended.", values, ["state", "tier"])
    calls = ProviderCall.objects.filter(created_at__gte=since).values_list("provider", "outcome").annotate(Count("id"))
    values = [((provider, outcome), number) for provider, outcome, number in calls]
    given_up = AlertNews.objects.filter(kind=AlertKind.LEAD_GAVE_UP, created_at__gte=since).count()
    yield gauge("leads_gave_up_last_hour", "Leads whose last attempt failed within the hour.", [((), given_up)])
    yield gauge("provider_calls_last_hour", "Calls outwards within the hour.", values, ["provider", "outcome"])


@measured
def providers() -> Iterator[Metric]:
    gates = list(ProviderGate.objects.order_by("provider"))
    enabled = [((gate.provider,), gate.enabled) for gate in gates]
    yield gauge("provider_enabled", "0 while the kill switch is off.", enabled, ["provider"])
    broken = [((gate.provider,), gate.open_until is not None) for gate in gates]
    yield gauge("provider_breaker_open", "1 from when it is left alone until it answers again.", broken, ["provider"])
    calling = ProviderSlot.objects.filter(until__gt=Now()).values_list("gate").annotate(Count("id"))
    yield gauge(
        "provider_calls_under_way", "Calls that wait for an answer.", [((g,), n) for g, n in calling], ["provider"]
    )


@measured
def budgets() -> Iterator[Metric]:
    today = timezone.localdate()
    months = ProviderSpend.objects.filter(day__gte=today.replace(day=1)).values_list("gate")
    spent = {("month", gate): amount for gate, amount in months.annotate(Sum("amount"))}
    spent |= {("day", gate): amount for gate, amount in months.filter(day=today).annotate(Sum("amount"))}
    values = [((gate, period), float(amount)) for (period, gate), amount in sorted(spent.items())]
    yield gauge("provider_spent", "Money spent today and this month.", values, ["provider", "period"])
    allowed, labels = _allowed(), ["provider", "period"]
    amounts = [(of, float(most)) for of, most in allowed]
    yield gauge("provider_budget", "What may be spent; absent where there is no limit.", amounts, labels)
    used_up = [((p, period), _is_used_up(p, spent.get((period, p), Decimal(0)), most)) for (p, period), most in allowed]
    yield gauge("provider_budget_spent", "1 when not one more call fits into it.", used_up, labels)


def _allowed() -> list[tuple[tuple[str, ...], Decimal]]:
    found: list[tuple[tuple[str, ...], Decimal | None]] = []
    for provider in ("diretrix", "work_api"):
        limits = limits_of(provider)
        found += [((provider, "day"), limits.budget_day), ((provider, "month"), limits.budget_month)]
    return [(labels, amount) for labels, amount in found if amount is not None]


def _is_used_up(provider: str, spent: Decimal, allowed: Decimal) -> bool:
    """As the gate judges it: what is left may be less than a call costs."""
    price: Decimal = getattr(settings, f"PRICE_{provider.upper()}")
    return spent + price > allowed if price else spent >= allowed
