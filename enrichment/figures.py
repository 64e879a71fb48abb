"""The home page's figures. Each question is one query over few rows, however many runs there are."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils import timezone

from enrichment.models import HourlyFigures, ProviderSpend, Run, RunState
from enrichment.rollup import month_begins, percentile

MOST_COUNTED = 10_000
HOURS_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Hour:
    at: datetime
    leads: int
    states: Counter[str]


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Leads by what came of them: today's, and those of the latest hours one by one."""

    hours: list[Hour]
    today: int
    states: Counter[str]
    tiers: Counter[str]
    median: float | None
    p95: float | None
    counted_at: datetime | None

    @property
    def is_stale(self) -> bool:
        """The worker adds up; while none runs, the figures stand still."""
        return self.counted_at is None or timezone.now() - self.counted_at > timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Queue:
    waiting: int
    running: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Money:
    """This month: what was spent, and what the calls that were not needed would have cost."""

    spent: Decimal
    saved: Decimal
    calls_avoided: int


def arrivals() -> Arrivals:
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS_SHOWN - 1)
    rows = {row.hour: row for row in HourlyFigures.objects.filter(hour__gte=min(first, midnight))}
    today = [row for row in rows.values() if row.hour >= midnight]
    waits = _added(row.waits for row in today)
    return Arrivals(
        hours=[_hour(at, rows.get(at)) for at in (first + timedelta(hours=n) for n in range(HOURS_SHOWN))],
        today=sum(row.leads for row in today),
        states=_added(_by_state(row) for row in today),
        tiers=_added(tiers for row in today for tiers in row.outcomes.values()),
        median=percentile(waits, 0.5),
        p95=percentile(waits, 0.95),
        counted_at=max((row.counted_at for row in rows.values()), default=None),
    )


def money_this_month() -> Money:
    since = month_begins()
    spent = ProviderSpend.objects.filter(day__gte=since.date()).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    avoided = HourlyFigures.objects.filter(hour__gte=since).aggregate(
        discoveries=Sum("discoveries_avoided", default=0), profiles=Sum("profiles_avoided", default=0)
    )
    saved = avoided["discoveries"] * settings.PRICE_DIRETRIX + avoided["profiles"] * settings.PRICE_WORK_API
    return Money(spent, saved, avoided["discoveries"] + avoided["profiles"])


def queue() -> Queue:
    queued = Run.objects.filter(state=RunState.QUEUED)
    oldest = queued.order_by("id").values_list("created_at", flat=True).first()
    running = Run.objects.filter(state=RunState.RUNNING)
    return Queue(_at_most(queued, MOST_COUNTED), _at_most(running, MOST_COUNTED), oldest)


def _at_most(runs: QuerySet[Run], most: int) -> int:
    return runs.values("pk")[: most + 1].count()


def _hour(at: datetime, row: HourlyFigures | None) -> Hour:
    return Hour(at, row.leads if row else 0, _by_state(row) if row else Counter())


def _by_state(row: HourlyFigures) -> Counter[str]:
    return Counter({state: sum(tiers.values()) for state, tiers in row.outcomes.items()})


def _added(counts: Iterable[dict[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return total
