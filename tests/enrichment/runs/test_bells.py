"""A bell may be lost, late or doubled, and who is more urgent is heard first."""

import inspect
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException

from c2s_enrich.ids import uuid7
from enrichment.bells import answering, bells_next
from enrichment.models import Lead, Run, RunState, Trigger
from enrichment.runs import (
    BULK,
    FRESH,
    RETRY,
    run_claim,
    run_postpone,
    runs_ring_due,
    runs_start,
)
from enrichment.sandbox import Sandbox
from enrichment.tasks import ring_batches
from tests.enrichment.leads import paid_calls, run_for
from tests.enrichment.runs.rows import (
    HOUR,
    Perform,
    bells,
    claimed,
    committed,
    due,
    new_run,
    until,
)

pytestmark = pytest.mark.django_db


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
