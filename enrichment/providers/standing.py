"""How each provider stands just now: what its gate says, how its latest calls went, what they cost."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum
from django.db.models.functions import Now
from django.utils import timezone

from enrichment.models import ProviderGate, ProviderSlot, ProviderSpend
from enrichment.providers.limits import Limits, limits_of

PROVIDERS = ("c2s", "diretrix", "work_api")
# what a gate may say, the gravest first
STATES = ("off", "open", "probing", "waiting", "slowed", "well")

# The latest thousand calls of the last hour tell enough, and cost the same on any day.
_LATELY = """
select p.name, count(c.outcome), count(*) filter (where c.outcome not in ('ok', 'nobody')),
  percentile_cont(0.5) within group (order by c.ms), percentile_cont(0.95) within group (order by c.ms)
from unnest(%s::text[]) as p(name) left join lateral (
  select outcome, ms from provider_calls
  where provider = p.name and created_at > now() - interval '1 hour' order by created_at desc limit 1000) c on true
where c.outcome is not null group by p.name
"""


@dataclass(frozen=True, slots=True)
class Lately:
    calls: int = 0
    failed: int = 0
    median: float | None = None
    p95: float | None = None

    @property
    def failed_percent(self) -> float | None:
        return round(100 * self.failed / self.calls, 1) if self.calls else None


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Calls that wait for an answer, and what they may cost."""

    calls: int = 0
    price: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Budget:
    """What was spent of what may be, and what calls under way may still cost; no `allowed` is no limit."""

    spent: Decimal
    reserved: Decimal
    allowed: Decimal | None

    @property
    def spent_percent(self) -> int:
        return self._share(self.spent)

    @property
    def reserved_percent(self) -> int:
        return min(self._share(self.reserved), 100 - self.spent_percent)

    def _share(self, amount: Decimal) -> int:
        if self.allowed is None:
            return 0
        return min(100, int(100 * amount / self.allowed)) if self.allowed else 100


@dataclass(frozen=True, slots=True)
class Standing:
    provider: str
    gate: ProviderGate
    state: str
    until: datetime | None
    lately: Lately
    under_way: int
    limits: Limits
    day: Budget
    month: Budget

    @property
    def ceiling(self) -> int:
        """The concurrency in force; 0 is no limit."""
        return self.limits.concurrency if self.gate.ceiling is None else self.gate.ceiling


def standings() -> list[Standing]:
    """One for each provider, whether it was ever called or not."""
    gates = {gate.pk: gate for gate in ProviderGate.objects.defer("recent")}
    lately, slots, spent = _lately(), _under_way(), _spent()
    return [
        _standing(
            gates.get(name) or ProviderGate(provider=name),
            lately.get(name, Lately()),
            slots.get(name, UnderWay()),
            spent.get(name, {}),
        )
        for name in PROVIDERS
    ]


def gate_state(gate: ProviderGate, now: datetime) -> tuple[str, datetime | None]:
    """One of `STATES`, and until when if it ends by itself."""
    if not gate.enabled:
        return "off", None
    if gate.open_until:
        return ("open", gate.open_until) if gate.open_until > now else ("probing", None)
    if gate.closed_until and gate.closed_until > now:
        return "waiting", gate.closed_until
    return ("slowed" if gate.ceiling is not None else "well"), None


def _standing(gate: ProviderGate, lately: Lately, slots: UnderWay, spent: dict[str, Decimal | None]) -> Standing:
    state, until = gate_state(gate, timezone.now())
    limits = limits_of(gate.provider)
    return Standing(
        provider=gate.provider,
        gate=gate,
        state=state,
        until=until,
        lately=lately,
        under_way=slots.calls,
        limits=limits,
        day=Budget(spent.get("day") or Decimal(0), slots.price, limits.budget_day),
        month=Budget(spent.get("month") or Decimal(0), slots.price, limits.budget_month),
    )


def _lately() -> dict[str, Lately]:
    with connection.cursor() as cursor:
        cursor.execute(_LATELY, [list(PROVIDERS)])
        return {name: Lately(*figures) for name, *figures in cursor.fetchall()}


def _under_way() -> dict[str, UnderWay]:
    slots = ProviderSlot.objects.filter(until__gt=Now()).values_list("gate_id")
    return {name: UnderWay(calls, price) for name, calls, price in slots.annotate(Count("pk"), Sum("price"))}


def _spent() -> dict[str, dict[str, Any]]:
    today = timezone.localdate()
    rows = ProviderSpend.objects.filter(day__gte=today.replace(day=1)).values("gate_id")
    sums = rows.annotate(month=Sum("amount"), today=Sum("amount", filter=Q(day=today)))
    return {row["gate_id"]: {"day": row["today"], "month": row["month"]} for row in sums.order_by()}
