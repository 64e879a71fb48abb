"""A lease is renewed while somebody is at work, and taken over when nobody is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from pytest_django import Settings

from enrichment import leases, pipeline
from enrichment.leases import lease_let_go, leases_give_back, leases_renew, runs_take_over
from enrichment.models import Direction, LeadMessage, MessageState, Run, RunState
from enrichment.runs import run_claim
from enrichment.sandbox import Sandbox
from tests.enrichment.leads import run_for
from tests.enrichment.runs.rows import Perform, claimed, committed, expire, until

pytestmark = pytest.mark.django_db


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


def test_who_could_not_renew_in_time_takes_nothing_over_for_as_long_as_a_lease_lasts(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash the database may take longer to recover than a lease lasts: others had no chance either."""

    def away(*_: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(leases, "_hindered_at", leases._hindered_at)
    claimed(run)
    expire(run)
    with pytest.raises(OperationalError), transaction.atomic(), connection.execute_wrapper(away):
        leases_renew()
    assert runs_take_over() == 0
    monkeypatch.setattr(leases, "_hindered_at", leases._hindered_at - settings.RUN_LEASE_SECONDS)
    assert runs_take_over() == 1


def test_only_what_is_worked_on_has_its_lease_renewed(run: Run) -> None:
    mine = claimed(run)
    expire(run)
    assert leases_renew() == 1
    assert until("lease_until") > timedelta(seconds=1)
    lease_let_go(mine.lease_owner)
    expire(run)
    assert (leases_renew(), runs_take_over()) == (0, 1)


def test_a_claim_whose_answer_was_lost_is_taken_over(run: Run) -> None:
    def away(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        execute(sql, *rest)
        raise OperationalError

    with connection.execute_wrapper(away), pytest.raises(OperationalError):
        run_claim(run.pk)
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


def test_a_run_that_kills_its_workers_ends(run: Run) -> None:
    Run.objects.update(attempts=leases.DEATHS_AT_MOST - 1)
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
