"""The small loops beside the worker, each safe to run twice."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from c2s_enrich import sealed_cache
from enrichment.models import Lead, Run, RunState, Source, Trigger
from enrichment.sandbox import Sandbox
from enrichment.sweeps import jobs_tidy, stale_refresh, sweeps
from parties.models import Party
from tests.enrichment.leads import paid_calls, run_for

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)  # other threads must see what was written


@pytest.fixture(autouse=True)
def _empty_queue(db: None) -> None:
    """The queue's tables are not emptied between tests, for Django does not manage them."""
    sql("delete from procrastinate_jobs; delete from procrastinate_workers")


def sql(command: str, *values: object) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(command, values or None)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def worker(silent_for: str) -> int | None:
    return sql(
        "insert into procrastinate_workers (last_heartbeat) values (now() - %s::interval) returning id", silent_for
    )


def job(status: str, worker_id: int | None = None) -> int | None:
    return sql(
        "insert into procrastinate_jobs (queue_name, task_name, priority, args, status, worker_id, attempts)"
        " values ('runs', 'look_at_run', 0, '{}', %s::procrastinate_job_status, %s, 0) returning id",
        status,
        worker_id,
    )


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled", "aborted"])
def test_a_finished_job_is_tidied_away(status: str) -> None:
    job(status)
    assert (jobs_tidy(), jobs_tidy()) == (1, 0)


def test_a_job_whose_worker_died_is_tidied_away_and_others_stay() -> None:
    stalled = {job("doing", worker("2 minutes")), job("doing")}
    kept = {job("todo"), job("doing", worker("5 seconds"))}
    assert jobs_tidy() == 2
    assert set(ProcrastinateJob.objects.values_list("pk", flat=True)) == kept - stalled


def test_every_sweep_can_be_done_twice_on_an_empty_house(settings: Settings) -> None:
    settings.RECONCILE_MINUTES = settings.ANALYTICS_REFRESH_MINUTES = 0
    for sweep in sweeps():
        assert (sweep.name, sweep.deed(), sweep.deed()) == (sweep.name, 0, 0)


def test_abandoned_runs_are_looked_for_every_ten_seconds() -> None:
    every = {sweep.name: sweep.every for sweep in sweeps()}
    assert every["take over"] == 10
    assert every["leases"] == 5
    assert every["ring"] <= 1


def served_with_old_data(sandbox: Sandbox, perform: Callable[[Run], Run], lead_id: str = "lead-1") -> None:
    perform(run_for(sandbox, lead_id))
    Party.objects.update(enriched_at=Now() - timedelta(days=100))
    sealed_cache.forget_everything()


@committed
def test_whoever_was_shown_with_old_data_is_refreshed_once_at_low_priority(
    sandbox: Sandbox, perform: Callable[[Run], Run]
) -> None:
    served_with_old_data(sandbox, perform)
    assert (stale_refresh(), stale_refresh()) == (1, 0)
    refresh = Run.objects.get(trigger=Trigger.REFRESH)
    assert ProcrastinateJob.objects.get(args={"run_id": str(refresh.pk)}).priority < 0
    assert perform(refresh).state == RunState.COMPLETED
    assert paid_calls(sandbox) == {"phone": 1, "email": 1, "profile": 2}
    assert len(sandbox.messages()) == 1
    assert stale_refresh() == 0


@committed
def test_nobody_pays_for_old_data_that_nobody_asked_for_today(sandbox: Sandbox, perform: Callable[[Run], Run]) -> None:
    served_with_old_data(sandbox, perform)
    Lead.objects.update(received_at=Now() - timedelta(days=2))
    assert stale_refresh() == 0


@committed
def test_data_that_is_new_enough_is_left_alone(sandbox: Sandbox, perform: Callable[[Run], Run]) -> None:
    perform(run_for(sandbox, source=Source.C2S))
    assert stale_refresh() == 0
