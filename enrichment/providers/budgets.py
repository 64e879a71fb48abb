"""Money: what a provider may cost a day and a month. Reserved by a call's slot, spent when the slot is given back."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Now
from django.utils import timezone

from enrichment.models import ProviderGate, Run, RunState
from enrichment.providers.errors import Withheld
from enrichment.providers.limits import Limits, limits_of

# Slot and spend change in one statement: whoever adds them up may count a call twice, but never not at all.
SPEND = """
spent as (insert into provider_spend (gate_id, day, amount)
  select gate_id, (clock_timestamp() at time zone %(zone)s)::date, sum(price) from gone
  where %(billed)s and price > 0 group by gate_id
  on conflict (gate_id, day) do update set amount = provider_spend.amount + excluded.amount)
"""
# A run that was taken over calls no more. Where its call tried whether the provider is back, the next one may try.
_EXPIRE = f"""
with gone as (delete from provider_slots where until < clock_timestamp() or run_id = any(%(runs)s)
  returning gate_id, price, until), {SPEND},
untried as (update provider_gates g set probe_until = null from gone
  where g.provider = gone.gate_id and g.probe_until = gone.until)
select count(*) from gone
"""  # noqa: S608  its parts are constants


_SPENT = "the {span}'s budget is spent"
_SOON = timedelta(seconds=5)


class Reserved(Exception):
    """The rest of the budget is reserved by calls under way, which may turn out to cost nothing."""


def refuse_if_over_budget(gate: ProviderGate, limits: Limits, price: Decimal, now: datetime) -> None:
    if not price or limits.is_boundless:
        return
    today = timezone.localdate(now)
    # first what is reserved: a call that ends meanwhile is then counted twice
    reserved = gate.slots.aggregate(sum=Sum("price"))["sum"] or 0
    month = gate.spend.filter(day__gte=today.replace(day=1))
    spent_month = month.aggregate(sum=Sum("amount"))["sum"] or 0
    spent_today = month.filter(day=today).aggregate(sum=Sum("amount"))["sum"] or 0
    for spent, budget, span in ((spent_today, limits.budget_day, "day"), (spent_month, limits.budget_month, "month")):
        if budget is None:
            continue
        if spent + price > budget:
            raise Withheld(gate.provider, _SPENT.format(span=span), retry_after=_until_next(span, now))
        if spent + reserved + price > budget:
            raise Reserved


def runs_release() -> int:
    """Those that wait for a new day's or month's money, once a budget was raised: the next try is due at once."""
    released = 0
    for provider, price in (("diretrix", settings.PRICE_DIRETRIX), ("work_api", settings.PRICE_WORK_API)):
        waiting = Run.objects.filter(state=RunState.QUEUED, error__in=_waits(provider), next_at__gt=Now() + _SOON)
        if waiting.exists() and _may_be_asked(provider, price):
            released += waiting.update(next_at=Now(), lease_owner="")
    return released


def _waits(provider: str) -> list[str]:
    """What such a run says of why it waits."""
    return [str(Withheld(provider, _SPENT.format(span=span), retry_after=0)) for span in ("day", "month")]


def _may_be_asked(provider: str, price: Decimal) -> bool:
    gate = ProviderGate.objects.filter(pk=provider).first()
    if gate is None:
        return True
    try:
        refuse_if_over_budget(gate, limits_of(provider), price, timezone.now())
    except (Withheld, Reserved):
        return False
    return True


def slots_expire(of_runs: Iterable[UUID] = ()) -> int:
    """Calls whose process died, those of these runs at once: their money may have been spent, so it counts as spent."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, {"zone": settings.TIME_ZONE, "billed": True, "runs": list(of_runs)})
        return int(cursor.fetchone()[0])


def _until_next(span: str, at: datetime) -> float:
    now = timezone.localtime(at)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    if span == "month":
        midnight = (midnight.replace(day=1) + timedelta(days=32)).replace(day=1) if midnight.day != 1 else midnight
    return max(1.0, (midnight - now).total_seconds())
