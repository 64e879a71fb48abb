"""What failed is tried again, later and later, until it is given up."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings

from enrichment import pipeline, runs
from enrichment.models import RunState
from enrichment.runs import ladder_step
from enrichment.sandbox import Sandbox
from tests.enrichment.leads import run_for
from tests.enrichment.runs.rows import Perform, committed, until

pytestmark = pytest.mark.django_db


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


@committed
def test_a_lost_database_is_no_attempt(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, perform: Perform) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr(pipeline, "_finish", away)
        run = perform(run_for(sandbox))
    assert (run.state, run.attempts, run.error) == (RunState.QUEUED, 0, "database: OperationalError")
