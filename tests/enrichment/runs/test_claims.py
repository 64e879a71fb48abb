"""A run is claimed by one, and a lead has one at a time."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from enrichment.leases import runs_take_over
from enrichment.models import Lead, Run, RunState
from enrichment.runs import (
    run_claim,
    run_finish,
    run_postpone,
    runs_ring_due,
)
from tests.enrichment.runs.rows import (
    HOUR,
    claimed,
    committed,
    due,
    expire,
    new_run,
    until,
)
from tests.parties.people import all_at_once

pytestmark = pytest.mark.django_db


@committed
def test_twenty_who_want_the_same_run_get_it_once(run: Run) -> None:
    claims = all_at_once([partial(run_claim, run.pk)] * 20)
    assert sum(claim is not None for claim in claims) == 1
    assert Run.objects.get().attempts == 1


def test_a_claim_brings_the_run_and_its_lead_as_they_are_stored(run: Run) -> None:
    Lead.objects.update(details={"city": "Santos", "answers": [1, None]})
    told = claimed(run)
    for row in (told, told.lead):
        stored = type(row).objects.get(pk=row.pk)
        fields = {field.attname for field in row._meta.concrete_fields} - {"started_at"}
        assert {name: getattr(row, name) for name in fields} == {name: getattr(stored, name) for name in fields}


def test_one_run_of_a_lead_at_a_time(run: Run) -> None:
    second = new_run("lead-1")
    first = claimed(run)
    assert run_claim(second.pk) is None
    assert Run.objects.get(pk=second.pk).state == RunState.QUEUED
    run_finish(first, state=RunState.COMPLETED)
    assert claimed(second).attempts == 1


@committed
def test_two_runs_of_a_lead_wanted_at_once_are_not_both_given() -> None:
    claims = all_at_once([partial(run_claim, new_run("lead-1").pk) for _ in range(10)])
    assert sum(claim is not None for claim in claims) == 1


def test_a_run_that_ended_is_not_claimed_again(run: Run) -> None:
    run_finish(claimed(run), state=RunState.COMPLETED)
    assert run_claim(run.pk) is None


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
