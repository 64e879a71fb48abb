"""Whoever waits for a run takes up a place, and no connection."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from pytest_django import Settings

from enrichment.models import Run, RunState
from enrichment.sandbox import Sandbox
from enrichment.waiting import places
from tests.c2s_enrich.embedded.processes import eventually
from tests.enrichment.api.conftest import Caller
from tests.enrichment.api.process.marina import in_crm

pytestmark = pytest.mark.django_db(transaction=True)


def test_half_of_the_threads_may_wait_and_the_rest_is_answered_at_once(
    sandbox: Sandbox, bridge: Caller, settings: Settings
) -> None:
    settings.WEB_THREADS, settings.PROCESS_WAIT_SECONDS = 8, 60
    for n in range(8):
        in_crm(sandbox, f"lead-{n}")

    def call(n: int) -> str:
        try:
            return str(bridge.get("leads/process", id=f"lead-{n}").json()["status"])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(call, n) for n in range(8)]
        assert eventually(lambda: sum(one.done() for one in calls) == 4)
        assert [one.result() for one in calls if one.done()] == ["queued"] * 4
        assert Run.objects.update(state=RunState.COMPLETED) == 8
    with places.one() as free:
        assert free
    assert Run.objects.count() == 8


def test_whoever_waits_holds_no_connection(sandbox: Sandbox, bridge: Caller, settings: Settings) -> None:
    settings.PROCESS_WAIT_SECONDS = 60
    in_crm(sandbox)
    connection.close()

    def call(_: int) -> int:
        try:
            return int(bridge.get("leads/process", id="lead-1").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(call, n) for n in range(4)]
        assert eventually(lambda: places._taken == 4)
        # four that held theirs would always be four; one may be looking, and the counters' own thread writing
        assert eventually(lambda: taken() < 4)
        Run.objects.update(state=RunState.COMPLETED)
        assert [future.result() for future in waiting] == [200] * 4


def taken() -> int:
    stats = connection.pool.get_stats()  # type: ignore[attr-defined]
    return int(stats["pool_size"] - stats["pool_available"])
