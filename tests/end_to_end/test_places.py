"""A worker that dies or leaves in the middle of calls does not keep their places at the provider."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from django.db.models.functions import Now

from enrichment.models import ProviderGate, ProviderSlot, ProviderSpend, RunState
from enrichment.sandbox import Sandbox
from tests.end_to_end.workers import Workers, crowd, messages_by_lead, once_each, states

pytestmark = pytest.mark.django_db(transaction=True)
PLACES = 5
# a time-out in a year: only the take-over can free them
NEVER = Now() + timedelta(days=365)


@pytest.fixture
def busy(sandbox: Sandbox, workers: Workers) -> Any:
    """A worker that has every place at Work API, and calls that do not end by themselves."""
    workers.env |= {"PRICE_WORK_API": "0.10", "WORK_API_CONCURRENCY": str(PLACES)}
    sandbox.configure({"work_api": {"latency_ms": 20_000}})
    worker = workers.start(slots=10)
    ids = crowd(sandbox, PLACES)
    workers.wait(lambda: sandbox.stats()["work_api"]["in_flight"] == PLACES)
    ProviderSlot.objects.filter(gate="work_api").update(until=NEVER)
    sandbox.configure({"work_api": {"latency_ms": 0}})
    return worker, ids


def test_the_places_of_a_killed_worker_are_free_once_its_runs_are_taken_over(
    busy: Any, sandbox: Sandbox, workers: Workers
) -> None:
    worker, ids = busy
    workers.kill(worker)
    workers.start(slots=10)
    workers.wait_until_all_ended(within=120)
    assert (states(), messages_by_lead(sandbox)) == ({RunState.COMPLETED: PLACES}, once_each(ids))
    assert not ProviderSlot.objects.filter(gate="work_api").exists()
    # what was under way may have been billed, and counts beside what was asked again
    assert ProviderSpend.objects.aggregate(sum=Sum("amount"))["sum"] == Decimal("0.10") * PLACES * 2


def test_a_worker_that_leaves_gives_back_its_places_with_its_runs(
    busy: Any, sandbox: Sandbox, workers: Workers
) -> None:
    worker, _ids = busy
    worker.terminate()
    worker.wait(60)
    assert states() == {RunState.QUEUED: PLACES}
    assert not ProviderSlot.objects.filter(gate="work_api").exists()


def test_whoever_tries_a_provider_again_and_dies_lets_the_next_one_try(
    busy: Any, sandbox: Sandbox, workers: Workers
) -> None:
    worker, ids = busy
    until = ProviderSlot.objects.filter(gate="work_api").latest("until").until
    ProviderGate.objects.filter(pk="work_api").update(failures=9, open_until=Now(), probe_until=until)
    workers.kill(worker)
    workers.start(slots=10)
    workers.wait_until_all_ended(within=120)
    assert messages_by_lead(sandbox) == once_each(ids)
