"""One gate per provider, shared by every process: kill switch, breaker, rate, concurrency and budget.

The gate's row is locked for the blink of a decision, never during a call. PostgreSQL keeps it, so the limits
hold as well when Redis is away, and the clock is the database's alone.
"""

import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import DateTimeField, Func, Max

from c2s_enrich.ids import uuid7
from c2s_enrich.patience import WITHOUT_THE_DISK
from enrichment.models import Billed, ProviderCall, ProviderGate, ProviderSlot, Run, RunState
from enrichment.providers.budgets import SPEND, Reserved, refuse_if_over_budget, slots_expire
from enrichment.providers.errors import ProviderError, RateLimited, Unavailable, Withheld
from enrichment.providers.limits import Limits, Rate, limits_of

# a wait this short keeps the worker's slot; a longer one gives it back
PATIENCE = timedelta(seconds=2)
_LOOK_AGAIN = 0.1
_GROWS_EVERY = timedelta(seconds=3)
_ONE_WAVE = timedelta(seconds=1)
_BREAKER_LONGEST = 60
_SLACK = timedelta(seconds=10)
_USED_UP = "its rate is used up"
# a little closer together than the rate: a place that nobody is there for is lost
_CLOSE_UP = 0.8

__all__ = ["Ticket", "enter", "leave", "slots_expire"]

# Statements in one round trip and one transaction: only what is counted after the lock was got is true.
_AT_ONCE = f"""
{WITHOUT_THE_DISK};
select from provider_gates where provider = %(provider)s for update;
insert into provider_slots (id, gate_id, price, run_id, until)
select %(slot)s, g.provider, %(price)s, %(run)s, clock_timestamp() + make_interval(secs => %(seconds)s)
from provider_gates g
where g.provider = %(provider)s and g.enabled and g.open_until is null
  and (g.closed_until is null or g.closed_until <= clock_timestamp())
  and coalesce((select count(*) from provider_slots s where s.gate_id = g.provider and s.until > clock_timestamp())
    < least(g.ceiling, nullif(%(places)s, 0)), true)
"""  # noqa: S608  its parts are constants
_GIVE_BACK = f"""
{WITHOUT_THE_DISK};
with gone as (delete from provider_slots where id = %(slot)s returning gate_id, price), {SPEND},
called as (insert into provider_calls
    (id, provider, operation, outcome, status, ms, price, billed, run_id, created_at)
  values (%(id)s, %(provider)s, %(operation)s, %(outcome)s, %(status)s, %(ms)s, %(price)s, %(bill)s, %(run_id)s,
    %(created_at)s)
  on conflict do nothing)
select failures > 0 or open_until is not null or ceiling is not null from provider_gates where provider = %(provider)s
"""  # noqa: S608  its parts are constants
_CALL = ("id", "provider", "operation", "outcome", "status", "ms", "price", "run_id", "created_at")


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to call, from `wait` seconds on."""

    slot: UUID
    provider: str
    price: Decimal
    wait: float = 0.0


class _Brief(Exception):
    """Not just now, but perhaps within our patience; else the refusal stands."""

    def __init__(self, refusal: Withheld, look_again: float) -> None:
        super().__init__(str(refusal))
        self.refusal, self.look_again = refusal, look_again


class _Clock(Func):
    function = "clock_timestamp"
    output_field = DateTimeField()


def enter(provider: str, *, price: Decimal, timeout: float, run_id: UUID | None = None) -> Ticket:
    """Leave to call the provider, once a place is free; raises `Withheld` when that would take too long."""
    give_up_at = time.monotonic() + PATIENCE.total_seconds()
    while True:
        try:
            ticket = _admit(provider, price, timeout, run_id)
            break
        except _Brief as brief:
            if time.monotonic() + brief.look_again > give_up_at:
                raise brief.refusal from None
            pause = brief.look_again
        _pause(pause * random.uniform(1.0, 1.5))  # noqa: S311  not a secret  # nosec B311
    _pause(ticket.wait)
    return ticket


def leave(ticket: Ticket, call: ProviderCall, error: ProviderError | None = None) -> None:
    """Give the place back and write the call down; what happened decides how the next ones are let in.

    Done twice, because the answer to a commit was lost, it adds nothing to what was spent.
    """
    is_unwell = _give_back(ticket, call)
    if not is_unwell and not isinstance(error, RateLimited | Unavailable):
        return
    with transaction.atomic():
        gate, now = _locked(ticket.provider)
        if isinstance(error, RateLimited):
            _slow_down(gate, now, error.retry_after)
        elif isinstance(error, Unavailable):
            _count_failure(gate, now)
        else:
            _recover(gate, now)


def _give_back(ticket: Ticket, call: ProviderCall) -> bool:
    """Whether the gate has something to recover from."""
    values = {field: getattr(call, field) for field in _CALL} | {"slot": ticket.slot, "zone": settings.TIME_ZONE}
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, values | {"bill": call.billed, "billed": call.billed != Billed.NO})
        cursor.nextset()
        return any(cursor.fetchone() or ())


def _admit(provider: str, price: Decimal, timeout: float, run_id: UUID | None) -> Ticket:
    limits = limits_of(provider)
    if limits.rate is None and (not price or limits.is_boundless):
        ticket = Ticket(uuid7(), provider, price)
        if _admit_at_once(ticket, limits.concurrency, timeout, run_id):
            return ticket
    return _admit_carefully(provider, limits, price, timeout, run_id)


def _admit_at_once(ticket: Ticket, concurrency: int, timeout: float, run_id: UUID | None) -> bool:
    """The usual case in one round trip: nothing is wrong with the provider, and a place is free."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"slot": ticket.slot, "provider": ticket.provider, "price": ticket.price}
        cursor.execute(
            _AT_ONCE, values | {"run": run_id, "places": concurrency, "seconds": timeout + _SLACK.total_seconds()}
        )
        while cursor.nextset():
            pass
        return bool(cursor.rowcount == 1)


@transaction.atomic
def _admit_carefully(provider: str, limits: Limits, price: Decimal, timeout: float, run_id: UUID | None) -> Ticket:
    gate, now = _locked(provider)
    probing = _refuse_if_closed(gate, now)
    try:
        refuse_if_over_budget(gate, limits, price, now)
    except Reserved:
        raise _Brief(Withheld(provider, "its budget is reserved", retry_after=5.0), _LOOK_AGAIN) from None
    ceiling = limits.concurrency if gate.ceiling is None else min(gate.ceiling, limits.concurrency or gate.ceiling)
    if ceiling and _under_way(gate, now) >= ceiling:
        raise _Brief(Withheld(provider, "all its places are taken", retry_after=1.0), _LOOK_AGAIN)
    starts = _place_in_rate(gate, limits.rate, now)
    length = timedelta(seconds=timeout)
    if probing:
        gate.probe_until = starts + length + _SLACK
        gate.save(update_fields=["probe_until"])
    slot = ProviderSlot.objects.create(gate=gate, price=price, run_id=run_id, until=starts + length + _SLACK)
    return Ticket(slot.pk, provider, price, (starts - now).total_seconds())


def _locked(provider: str) -> tuple[ProviderGate, datetime]:
    """The gate's row, held until the transaction ends, and the database's time."""
    gates = ProviderGate.objects.select_for_update().annotate(clock=_Clock())
    gate = gates.filter(pk=provider).first()
    if gate is None:
        ProviderGate.objects.bulk_create([ProviderGate(provider=provider)], ignore_conflicts=True)
        gate = gates.get(pk=provider)
    return gate, gate.clock


def _refuse_if_closed(gate: ProviderGate, now: datetime) -> bool:
    """True when this call is the one that tries whether the provider is back."""
    if not gate.enabled:
        raise Withheld(gate.provider, "switched off by staff", retry_after=30)
    if gate.closed_until and gate.closed_until > now:
        seconds = (gate.closed_until - now).total_seconds()
        raise _Brief(Withheld(gate.provider, "asked us to wait", retry_after=seconds), seconds)
    if gate.open_until is None:
        return False
    if gate.open_until > now:
        raise Withheld(gate.provider, "failing just now", retry_after=(gate.open_until - now).total_seconds())
    if gate.probe_until and gate.probe_until > now:
        raise Withheld(gate.provider, "being tried again", retry_after=1.0)
    return True


def _under_way(gate: ProviderGate, now: datetime) -> int:
    return gate.slots.filter(until__gt=now).count()


def _place_in_rate(gate: ProviderGate, rate: Rate | None, now: datetime) -> datetime:
    """The first instant at which the rate lets this call in; it is taken at once."""
    if rate is None:
        return now
    recent = [at for at in sorted(gate.recent) if at > now - rate.period]
    starts = max([now, *(at + rate.gap for at in recent[-1:])])
    if len(recent) >= rate.calls:
        starts = max(starts, recent[-rate.calls] + rate.period)
    if starts - now > PATIENCE:
        raise Withheld(gate.provider, _USED_UP, retry_after=_behind_the_last(gate.provider, rate, starts, now))
    gate.recent = [*recent, starts]
    gate.save(update_fields=["recent"])
    return starts


def _behind_the_last(provider: str, rate: Rate, earliest: datetime, now: datetime) -> float:
    """When to come back: all at once, those who wait for the rate would only crowd each other out."""
    why = str(Withheld(provider, _USED_UP, retry_after=0))
    waiting = Run.objects.filter(state=RunState.QUEUED, error=why, next_at__gt=now).exclude(lease_owner="")
    last = waiting.aggregate(at=Max("next_at"))["at"] or now
    return (max(earliest, last + rate.period / rate.calls * _CLOSE_UP) - now).total_seconds()


def _slow_down(gate: ProviderGate, now: datetime, retry_after: float | None) -> None:
    """A 429: everybody waits as long as was asked, and fewer go at once from then on."""
    if gate.ceiling_at is None or now - gate.ceiling_at > _ONE_WAVE:
        # the calls of one burst are refused together: that halves once
        at_once = gate.ceiling or limits_of(gate.provider).concurrency or _under_way(gate, now) + 1
        gate.ceiling, gate.ceiling_at = max(1, at_once // 2), now
    gate.closed_until = now + timedelta(seconds=1.0 if retry_after is None else retry_after)
    gate.probe_until = None  # it says nothing about whether the provider is back: the next call tries
    gate.save(update_fields=["ceiling", "ceiling_at", "closed_until", "probe_until"])


def _count_failure(gate: ProviderGate, now: datetime) -> None:
    """Enough failures in a row open the breaker; a failed probe opens it again, for longer."""
    if gate.open_until and gate.open_until > now:
        return
    gate.failures += 1
    beyond = gate.failures - settings.BREAKER_FAILURES
    if beyond >= 0:
        seconds = min(_BREAKER_LONGEST, settings.BREAKER_OPEN_SECONDS * 2 ** min(beyond, 6))
        gate.open_until, gate.probe_until = now + timedelta(seconds=seconds), None
    gate.save(update_fields=["failures", "open_until", "probe_until"])


def _recover(gate: ProviderGate, now: datetime) -> None:
    fields = []
    if gate.failures or gate.open_until:
        gate.failures, gate.open_until, gate.probe_until = 0, None, None
        fields = ["failures", "open_until", "probe_until"]
    if gate.ceiling is not None and gate.ceiling_at and now - gate.ceiling_at > _GROWS_EVERY:
        grown, limit = gate.ceiling + 1, limits_of(gate.provider).concurrency
        gate.ceiling, gate.ceiling_at = (None if limit and grown >= limit else grown), now
        fields += ["ceiling", "ceiling_at"]
    if fields:
        gate.save(update_fields=fields)


def _pause(seconds: float) -> None:
    """Wait without a database connection: others need it."""
    if seconds > 0:
        if not connection.in_atomic_block:
            connection.close()
        time.sleep(seconds)
