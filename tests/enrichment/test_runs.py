"""The life of a run: claimed once, leased, postponed, taken over, ended."""

import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException
from pytest_django import Settings

from c2s_enrich.ids import uuid7
from enrichment import pipeline, runs
from enrichment.bells import answering, bells_next
from enrichment.models import Direction, Lead, LeadMessage, MessageState, Run, RunState, Trigger
from enrichment.runs import (
    BULK,
    FRESH,
    RETRY,
    ladder_step,
    leases_give_back,
    leases_renew,
    run_claim,
    run_finish,
    run_let_go,
    run_postpone,
    runs_ring_due,
    runs_start,
    runs_take_over,
)
from enrichment.sandbox import Sandbox
from enrichment.tasks import ring_batches
from tests.enrichment.leads import paid_calls, run_for

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)  # other threads must see what was written
Perform = Callable[[Run], Run]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _empty_queue(db: None) -> None:
    """The queue's tables are not emptied between tests, for Django does not manage them."""
    forget_bells()


@pytest.fixture(autouse=True)
def _old_database(settings: Settings) -> None:
    """One that has been up for longer than a lease lasts."""
    settings.RUN_LEASE_SECONDS = 2


@pytest.fixture
def run() -> Run:
    return new_run("lead-1")


def new_run(lead_id: str, **fields: Any) -> Run:
    lead, _ = Lead.objects.get_or_create(lead_id=lead_id)
    return Run.objects.create(lead=lead, trigger=Trigger.WEBHOOK, next_at=Now() + HOUR, **fields)


def forget_bells() -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")


def bells() -> list[tuple[str, int]]:
    return list(ProcrastinateJob.objects.order_by("id").values_list("args__run_id", "priority"))


def due(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(next_at=Now() - timedelta(seconds=1))


def expire(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_until=Now() - timedelta(seconds=1))


def until(field: str) -> timedelta:
    """How far away an instant is, by the database's clock."""
    left = ExpressionWrapper(F(field) - Now(), output_field=DurationField())
    found: timedelta = Run.objects.annotate(left=left).values_list("left", flat=True).get()
    return found


def claimed(run: Run) -> Run:
    found = run_claim(run.pk)
    assert found is not None
    return found


@committed
def test_twenty_who_want_the_same_run_get_it_once(run: Run) -> None:
    def want(_: int) -> bool:
        try:
            return run_claim(run.pk) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(want, range(20))) == 1
    assert Run.objects.get().attempts == 1


def test_one_run_of_a_lead_at_a_time(run: Run) -> None:
    second = new_run("lead-1")
    first = claimed(run)
    assert run_claim(second.pk) is None
    assert Run.objects.get(pk=second.pk).state == RunState.QUEUED
    run_finish(first, state=RunState.COMPLETED)
    assert claimed(second).attempts == 1


@committed
def test_two_runs_of_a_lead_wanted_at_once_are_not_both_given() -> None:
    wanted = [new_run("lead-1") for _ in range(10)]

    def want(run: Run) -> bool:
        try:
            return run_claim(run.pk) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(want, wanted)) == 1


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 60), (2, 300), (3, 1800), (4, 7200), (5, 28800), (6, None), (9, None)]
)
@pytest.mark.parametrize("jitter", [0.9, 1.0, 1.1])
def test_the_ladder_has_five_rungs(
    attempts: int, seconds: int | None, jitter: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[float, float]] = []
    monkeypatch.setattr(runs.random, "uniform", lambda low, high: asked.append((low, high)) or jitter)
    wait = ladder_step(attempts)
    assert wait == (None if seconds is None else timedelta(seconds=seconds * jitter))
    assert asked == ([] if seconds is None else [(0.9, 1.1)])


def test_the_ladder_is_a_setting(settings: Settings) -> None:
    settings.RETRY_LADDER = [10]
    wait = ladder_step(1)
    assert wait is not None
    assert 9 <= wait.total_seconds() <= 11
    assert ladder_step(2) is None


@committed
def test_a_failure_climbs_the_ladder(sandbox: Sandbox, perform: Perform) -> None:
    sandbox.faults.set("work_api", outage="503")
    run = perform(run_for(sandbox))
    assert (run.state, run.attempts) == (RunState.QUEUED, 1)
    assert timedelta(seconds=20) < until("next_at") < timedelta(seconds=67)


@committed
def test_a_permanent_failure_ends_at_once_with_what_there_is(sandbox: Sandbox, perform: Perform) -> None:
    sandbox.faults.set("work_api", inner_status=403)
    run = perform(run_for(sandbox))
    assert (run.state, run.attempts, run.message_sent) == (RunState.PARTIAL, 1, True)


@committed
def test_the_ladders_end_is_visible_as_failed(sandbox: Sandbox, perform: Perform, settings: Settings) -> None:
    settings.RETRY_LADDER = [60]
    sandbox.faults.set("diretrix", outage="503")
    run = perform(run_for(sandbox))
    assert run.state == RunState.QUEUED
    run = perform(run)
    assert (run.state, run.attempts, bool(run.error), run.finished_at is None) == (RunState.FAILED, 2, True, False)


@committed
def test_being_asked_to_slow_down_is_no_attempt(sandbox: Sandbox, perform: Perform) -> None:
    sandbox.faults.next("work_api", "status", status=429, retry_after=70, operation="cpf")
    run = perform(run_for(sandbox))
    assert (run.state, run.attempts) == (RunState.QUEUED, 0)
    assert timedelta(seconds=30) < until("next_at") <= timedelta(seconds=70)


def test_a_run_whose_lease_ended_is_taken_over_once(run: Run) -> None:
    first = claimed(run)
    assert runs_take_over() == 0
    expire(run)
    assert (runs_take_over(), runs_take_over()) == (1, 0)
    second = claimed(run)
    assert second.lease_owner != first.lease_owner
    assert second.attempts == 2


def test_while_the_database_was_away_no_lease_ran_out(run: Run, settings: Settings) -> None:
    claimed(run)
    expire(run)
    settings.RUN_LEASE_SECONDS = 100_000_000  # the database has not been up for that long
    assert runs_take_over() == 0


def test_finishing_a_run_that_is_no_longer_ours_changes_nothing(run: Run) -> None:
    first = claimed(run)
    expire(run)
    runs_take_over()
    second = claimed(run)
    before = Run.objects.filter(pk=run.pk).values().get()
    assert not run_finish(first, state=RunState.FAILED, error="too late")
    assert not run_postpone(first, after=HOUR, error="too late")
    assert Run.objects.filter(pk=run.pk).values().get() == before
    assert run_finish(second, state=RunState.COMPLETED)


def test_a_run_that_ended_is_not_claimed_again(run: Run) -> None:
    run_finish(claimed(run), state=RunState.COMPLETED)
    assert run_claim(run.pk) is None


def test_only_what_is_worked_on_has_its_lease_renewed(run: Run) -> None:
    mine = claimed(run)
    expire(run)
    assert leases_renew() == 1
    assert until("lease_until") > timedelta(seconds=1)
    run_let_go(mine)
    expire(run)
    assert (leases_renew(), runs_take_over()) == (0, 1)


@committed
def test_a_run_whose_end_could_not_be_written_is_taken_over(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, perform: Perform
) -> None:
    def away(*_: Any, **__: Any) -> bool:
        raise OperationalError

    run = run_for(sandbox)
    with monkeypatch.context() as broken:
        for name in ("run_finish", "run_postpone"):
            broken.setattr(pipeline, name, away)
        with pytest.raises(OperationalError):
            perform(run)
    expire(run)
    assert (leases_renew(), runs_take_over()) == (0, 1)
    assert (perform(run).state, len(sandbox.messages("lead-1"))) == (RunState.COMPLETED, 1)


@committed
def test_a_lost_database_is_no_attempt(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, perform: Perform) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr(pipeline, "_finish", away)
        run = perform(run_for(sandbox))
    assert (run.state, run.attempts, run.error) == (RunState.QUEUED, 0, "database: OperationalError")


def test_a_run_that_kills_its_workers_ends(run: Run) -> None:
    Run.objects.update(attempts=runs.DEATHS_AT_MOST - 1)
    claimed(run)
    expire(run)
    assert runs_take_over() == 1
    assert Run.objects.values_list("state", "error").get() == (RunState.FAILED, "its worker died again and again")


def test_what_a_leaving_worker_held_is_due_at_once(run: Run) -> None:
    claimed(run)
    assert leases_give_back() == 1
    run.refresh_from_db()
    assert (run.state, run.attempts) == (RunState.QUEUED, 0)
    assert claimed(run).attempts == 1


def test_a_leaving_worker_keeps_the_lease_of_a_message_on_its_way(run: Run) -> None:
    """Looked up too early, the CRM would not show it yet, and it would be said twice."""
    claimed(run)
    LeadMessage.objects.create(lead=run.lead, run=run, direction=Direction.OUT, state=MessageState.SENDING)
    assert leases_give_back() == 0
    assert Run.objects.get().state == RunState.RUNNING


def test_a_lost_bell_is_rung_again(run: Run) -> None:
    assert runs_ring_due() == 0
    due(run)
    assert (runs_ring_due(), runs_ring_due()) == (1, 0)
    assert bells() == [(str(run.pk), RETRY)]
    assert timedelta(seconds=1) < until("next_at") <= timedelta(seconds=4)


def test_a_bell_that_still_waits_is_not_rung_again(sandbox: Sandbox) -> None:
    run = run_for(sandbox)
    due(run)
    assert runs_ring_due() == 1
    assert bells() == [(str(run.pk), FRESH)]


def test_a_bell_that_the_database_refuses_says_so_in_django_s_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise ConnectorException from OperationalError("away")

    monkeypatch.setattr("enrichment.tasks.look_at_run.configure", away)
    with pytest.raises(OperationalError):
        runs_start(leads=[run.lead], trigger=Trigger.WEBHOOK)


@committed
def test_a_doubled_bell_is_harmless(sandbox: Sandbox, perform: Perform) -> None:
    run = run_for(sandbox)
    states = [perform(run).state for _ in range(3)]
    assert set(states) == {RunState.COMPLETED}
    assert (len(sandbox.messages("lead-1")), Run.objects.get().attempts) == (1, 1)
    assert paid_calls(sandbox) == {"phone": 1, "email": 1, "profile": 1}


def test_a_late_bell_does_not_hurry_a_run_that_waits(run: Run) -> None:
    run_postpone(claimed(run), after=HOUR, error="down")
    assert run_claim(run.pk) is None
    due(run)
    assert claimed(run).attempts == 2


def test_a_run_waits_until_it_was_rung_for(run: Run) -> None:
    run_postpone(claimed(run), after=HOUR, error="down")
    due(run)
    runs_ring_due()
    assert claimed(run).attempts == 2


def test_fresh_goes_before_retry_before_bulk() -> None:
    leads = [Lead.objects.create(lead_id=name) for name in ("old", "waiting", "new")]
    refresh = runs_start(leads=leads[:1], trigger=Trigger.REFRESH, priority=BULK)[0]
    retry = new_run("waiting")
    due(retry)
    runs_ring_due()
    fresh = runs_start(leads=leads[2:], trigger=Trigger.WEBHOOK)[0]
    assert fetched(3) == [str(fresh.pk), str(retry.pk), str(refresh.pk)]


def test_who_is_done_takes_the_next_run_in_line_unless_something_else_or_the_end_comes_first() -> None:
    leads = [Lead.objects.create(lead_id=name) for name in ("late", "first", "second")]
    late = runs_start(leads=leads[:1], trigger=Trigger.REFRESH, priority=BULK)
    soon = runs_start(leads=leads[1:], trigger=Trigger.WEBHOOK)
    ring_batches([uuid7()], priority=RETRY)
    in_line = partial(bells_next, "look_at_run")
    assert list(in_line()) == []
    answering.set()
    try:
        assert list(in_line()) == [run.pk for run in soon]
        app.job_manager.cancel_job_by_id(ProcrastinateJob.objects.get(task_name="look_at_batch").pk, delete_job=True)
        assert (list(in_line()), bells()) == ([late[0].pk], [])
    finally:
        answering.clear()


def fetched(count: int) -> list[str]:
    """In the order in which a worker would get them."""
    with connection.cursor() as cursor:
        cursor.execute("select worker_id from procrastinate_register_worker_v1()")
        worker = cursor.fetchone()[0]
        order = []
        for _ in range(count):
            cursor.execute("select args ->> 'run_id' from procrastinate_fetch_job_v2(array['runs'], %s)", [worker])
            order.append(cursor.fetchone()[0])
        cursor.execute("delete from procrastinate_workers")
    return order


@pytest.mark.parametrize(("trigger", "priority"), [(Trigger.REFRESH, BULK), (Trigger.IMPORT, BULK), (Trigger.MAKE, 0)])
def test_bulk_work_stays_bulk_work_when_it_is_rung_again(trigger: Trigger, priority: int) -> None:
    run = new_run("lead-1")
    Run.objects.update(trigger=trigger)
    due(run)
    runs_ring_due()
    assert bells() == [(str(run.pk), priority)]


@committed
def test_every_task_takes_ids_only_and_none_is_retried_by_the_queue_for_ever() -> None:
    app.perform_import_paths()
    ours = {name: task for name, task in app.tasks.items() if not name.startswith(("procrastinate", "builtin:"))}
    assert "look_at_run" in ours
    for name, task in ours.items():
        for argument, parameter in inspect.signature(task.func).parameters.items():
            assert argument.endswith("_id"), f"{name}({argument}): a job is shown and logged, so it takes ids only"
            assert parameter.annotation in (str, int, "str", "int"), f"{name}({argument}) is no plain id"
        strategy = task.retry_strategy
        assert strategy is None or getattr(strategy, "max_attempts", None), f"{name}: its retries never end"


@pytest.mark.parametrize("hours", [-3, 3])
def test_the_clock_of_a_run_is_the_databases(run: Run, hours: int) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=hours), tick=True):
        mine = claimed(run)
        assert timedelta(0) < until("lease_until") <= timedelta(seconds=2)
        assert runs_take_over() == 0
        run_postpone(mine, after=timedelta(minutes=5), error="down")
        assert timedelta(minutes=4) < until("next_at") <= timedelta(minutes=5)
        assert (runs_ring_due(), run_claim(run.pk)) == (0, None)
        due(run)
        assert runs_ring_due() == 1
