"""One gate per provider: kill switch, breaker, rate, concurrency and budget, shared by all."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from enrichment.leases import runs_take_over
from enrichment.models import Billed, CallOutcome, ProviderCall, ProviderGate, ProviderSlot, ProviderSpend, Run
from enrichment.providers import budgets, gate
from enrichment.providers.errors import RateLimited, Rejected, Unavailable, Withheld
from enrichment.providers.limits import rate_read
from tests.enrichment.runs.rows import claimed, due, expire, new_run, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("within_one_hour")]

NAME = "work_api"
DOWN = Unavailable(NAME, "down")


@pytest.fixture(autouse=True)
def _no_limits(settings: Settings) -> None:
    settings.WORK_API_RATE, settings.WORK_API_CONCURRENCY = "0", 0
    settings.WORK_API_BUDGET_DAY = settings.WORK_API_BUDGET_MONTH = None
    settings.BREAKER_FAILURES, settings.BREAKER_OPEN_SECONDS = 3, 10


def enter(price: int = 0) -> gate.Ticket:
    return gate.enter(NAME, price=Decimal(price), timeout=5.0)


def call(error: Any = None, price: int = 0) -> None:
    leave(enter(price), billed=Billed.NO if error else Billed.YES, error=error)


def leave(ticket: gate.Ticket, *, billed: Billed, error: Any = None) -> None:
    call = ProviderCall(provider=NAME, operation="cpf", outcome=CallOutcome.OK, ms=1, price=ticket.price, billed=billed)
    gate.leave(ticket, call, error)


def withheld(price: int = 0) -> Withheld:
    with pytest.raises(Withheld) as caught:
        enter(price)
    return caught.value


def in_threads(deed: Callable[[], Any], count: int, width: int = 20) -> list[Any]:
    def one(_: int) -> Any:
        try:
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(width) as pool:
        return list(pool.map(one, range(count)))


def backdate(**fields: float) -> None:
    ProviderGate.objects.update(**{name: timezone.now() - timedelta(seconds=ago) for name, ago in fields.items()})


def test_two_hundred_callers_at_once_never_overspend_by_one_call(settings: Settings) -> None:
    settings.WORK_API_BUDGET_DAY = Decimal(50)

    def spend() -> bool:
        try:
            call(price=1)
        except Withheld:
            return False
        return True

    assert sum(in_threads(spend, 200)) == 50
    assert ProviderSpend.objects.get().amount == 50


def test_a_refused_call_gives_its_money_back_and_a_lost_one_does_not(settings: Settings) -> None:
    settings.WORK_API_BUDGET_DAY = Decimal(2)
    leave(enter(2), billed=Billed.NO, error=Rejected(NAME, "no"))
    leave(enter(2), billed=Billed.UNKNOWN, error=Unavailable(NAME, "lost", maybe_done=True))
    assert "the day's budget is spent" in str(withheld(1))


def test_money_reserved_by_a_call_under_way_may_come_free_again(settings: Settings) -> None:
    settings.WORK_API_BUDGET_DAY = Decimal(2)
    ticket = enter(2)
    refused = withheld(1)
    assert ("reserved" in str(refused), refused.retry_after) == (True, 5.0)
    leave(ticket, billed=Billed.NO)
    enter(1)


def test_the_month_has_its_own_budget(settings: Settings) -> None:
    settings.WORK_API_BUDGET_MONTH = Decimal(10)
    first = timezone.localdate().replace(day=1)
    ProviderSpend.objects.create(gate=ProviderGate.objects.create(provider=NAME), day=first, amount=10)
    refused = withheld(1)
    assert "the month's budget is spent" in str(refused)
    again = timezone.localtime() + timedelta(seconds=refused.retry_after)
    assert (again + timedelta(minutes=1)).day == 1


def test_a_raised_budget_releases_the_runs_that_wait_for_a_new_day(settings: Settings) -> None:
    settings.WORK_API_BUDGET_DAY, settings.PRICE_WORK_API = Decimal(2), Decimal(1)
    call(price=1)
    call(price=1)
    refused = withheld(1)
    run = new_run("lead-that-waits")
    Run.objects.filter(pk=run.pk).update(error=str(refused))
    assert budgets.runs_release() == 0
    settings.WORK_API_BUDGET_DAY = Decimal(5)
    assert budgets.runs_release() == 1
    assert until("next_at") <= timedelta(0)


def test_money_of_a_dead_process_counts_as_spent() -> None:
    ticket = enter(3)
    ProviderSlot.objects.filter(pk=ticket.slot).update(until=timezone.now() - timedelta(seconds=1))
    assert (gate.slots_expire(), gate.slots_expire()) == (1, 0)
    assert ProviderSpend.objects.get().amount == 3


def test_the_kill_switch_stops_the_next_call() -> None:
    call()
    ProviderGate.objects.update(enabled=False)
    assert "switched off" in str(withheld())


def test_no_more_calls_are_under_way_than_allowed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WORK_API_CONCURRENCY = 3
    monkeypatch.setattr(gate, "PATIENCE", timedelta(seconds=60))
    seen: list[int] = []

    def hold() -> None:
        ticket = enter()
        seen.append(ProviderSlot.objects.count())
        time.sleep(0.02)
        leave(ticket, billed=Billed.NO)

    in_threads(hold, 20, width=8)
    assert max(seen) <= 3
    for ticket in [enter() for _ in range(3)]:
        leave(ticket, billed=Billed.NO)


def test_a_full_gate_gives_the_slot_back_after_a_while(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WORK_API_CONCURRENCY = 1
    monkeypatch.setattr(gate, "PATIENCE", timedelta(seconds=0.2))
    enter()
    assert "all its places are taken" in str(withheld())


def test_a_dead_callers_place_is_free_again(settings: Settings) -> None:
    settings.WORK_API_CONCURRENCY = 1
    enter()
    ProviderSlot.objects.update(until=timezone.now() - timedelta(seconds=1))
    enter()


def test_the_place_of_a_dead_worker_is_free_as_soon_as_its_run_is_taken_over(settings: Settings) -> None:
    settings.WORK_API_CONCURRENCY, settings.RUN_LEASE_SECONDS = 1, 2
    run = new_run("lead-of-a-dead-worker")
    due(run)
    claimed(run)
    gate.enter(NAME, price=Decimal(3), timeout=60, run_id=run.pk)
    expire(run)
    assert runs_take_over() == 1
    enter()
    assert ProviderSpend.objects.get().amount == 3


def test_the_probe_of_a_dead_worker_does_not_keep_the_breaker_closed(settings: Settings) -> None:
    settings.RUN_LEASE_SECONDS = 2
    now = timezone.now()
    ProviderGate.objects.create(provider=NAME, failures=5, open_until=now - timedelta(seconds=1))
    run = new_run("lead-of-a-dead-worker")
    due(run)
    claimed(run)
    gate.enter(NAME, price=Decimal(0), timeout=60, run_id=run.pk)
    assert "being tried again" in str(withheld())
    expire(run)
    assert runs_take_over() == 1
    enter()


def test_a_rate_keeps_calls_apart_across_threads(settings: Settings) -> None:
    settings.WORK_API_RATE = "20/second"
    began = time.monotonic()
    in_threads(call, 21)
    assert time.monotonic() - began > 0.9


def test_a_long_wait_for_the_rate_gives_the_slot_back(settings: Settings) -> None:
    settings.WORK_API_RATE = "2/minute"
    call()
    call()
    assert 30 < withheld().retry_after <= 60


@pytest.mark.parametrize("written", ["0", "", "2/second", "10/minute", "1 / hour"])
def test_rates_are_read(written: str) -> None:
    assert (rate_read(written) is None) == (written in ("0", ""))


@pytest.mark.parametrize("written", ["two/second", "2/fortnight", "0/second", "2"])
def test_a_rate_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="A rate is written like"):
        rate_read(written)


def test_retry_after_is_obeyed_to_the_second_by_everybody() -> None:
    call(RateLimited(NAME, retry_after=70))
    assert 40 < withheld().retry_after <= 70


def test_a_429_halves_the_concurrency_once_per_wave_and_it_grows_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WORK_API_CONCURRENCY = 8
    # however long a busy machine takes to tell of eight
    monkeypatch.setattr(gate, "_ONE_WAVE", timedelta(minutes=1))
    for ticket in [enter() for _ in range(8)]:
        leave(ticket, billed=Billed.NO, error=RateLimited(NAME, retry_after=0))
    assert ProviderGate.objects.get().ceiling == 4
    for expected in (5, 6, 7, None):
        backdate(ceiling_at=4)
        call()
        assert ProviderGate.objects.get().ceiling == expected


def test_failures_open_the_breaker_and_a_429_does_not() -> None:
    for _ in range(5):
        call(RateLimited(NAME, retry_after=0))
    for _ in range(3):
        call(DOWN)
    assert 5 < withheld().retry_after <= 10


def test_a_success_in_between_keeps_the_breaker_closed() -> None:
    for error in (DOWN, DOWN, None, DOWN):
        call(error)
    enter()


def test_exactly_one_probe_goes_through_and_its_success_closes_the_breaker() -> None:
    for _ in range(3):
        call(DOWN)
    backdate(open_until=1)

    def attempt() -> gate.Ticket | None:
        try:
            return enter()
        except Withheld:
            return None

    [probe] = [ticket for ticket in in_threads(attempt, 20) if ticket]
    leave(probe, billed=Billed.NO)
    enter()


def test_a_failed_probe_opens_it_for_longer() -> None:
    for _ in range(3):
        call(DOWN)
    backdate(open_until=1)
    call(DOWN)
    assert 10 < withheld().retry_after <= 20


def test_no_lock_is_held_while_a_call_is_under_way() -> None:
    """Twenty go on once all of them were let in: one after the other they would wait for ever."""
    all_in = Barrier(20)

    def slow() -> None:
        ticket = enter()
        connection.close()
        all_in.wait(60)
        leave(ticket, billed=Billed.NO)

    in_threads(slow, 20)
