"""Real worker processes: many at once, told to stop, short of connections, with wrong clocks."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from django.db.models.functions import Now

from enrichment.models import ProviderGate, Run, RunState
from enrichment.sandbox import Sandbox
from tests.end_to_end.workers import (
    UNHURRIED,
    Workers,
    all_ended,
    asked,
    crowd,
    ended,
    in_flight,
    messages_by_lead,
    once_each,
    states,
)
from tests.enrichment.leads import paid_calls

pytestmark = pytest.mark.django_db(transaction=True)
# `OUTAGE_SECONDS=120 make chaos` waits as long as a real outage may last
OUTAGE = float(os.environ.get("OUTAGE_SECONDS", "5"))
OTHER_CLOCK = (sys.executable, "-m", "tests.end_to_end.worker_with_another_clock")


def test_seventy_three_events_at_once_pay_for_thirty_one_people_once(sandbox: Sandbox, workers: Workers) -> None:
    sandbox.faults.set("diretrix", latency_ms=[20, 80])
    sandbox.faults.set("work_api", latency_ms=[50, 150])
    ids = crowd(sandbox, 73, people=31)
    for _ in range(2):
        workers.start(slots=10, **UNHURRIED)
    workers.wait_until_all_ended()
    assert states() == {RunState.COMPLETED: 73}
    assert paid_calls(sandbox) == {"phone": 31, "email": 31, "profile": 31}
    assert set(asked(sandbox).values()) == {1}
    assert messages_by_lead(sandbox) == once_each(ids)


@pytest.mark.chaos
def test_a_kill_while_messages_are_posted_doubles_none(sandbox: Sandbox, workers: Workers) -> None:
    ids = crowd(sandbox, 60, people=1)
    sandbox.faults.set("c2s", "create_message", latency_ms=100)
    for floor in (5, 20, 35):
        worker = workers.start(slots=10)
        workers.wait(lambda: len(sandbox.messages()) >= floor and in_flight(sandbox, "c2s") > 2)  # noqa: B023
        workers.kill(worker)
    workers.start(slots=10)
    workers.wait_until_all_ended()
    assert messages_by_lead(sandbox) == once_each(ids)
    assert states() == {RunState.COMPLETED: 60}
    assert sandbox.calls("c2s", "get_lead") > 0  # it was looked up what the dead had said


def test_told_to_stop_it_leaves_soon_and_hands_back(sandbox: Sandbox, workers: Workers) -> None:
    sandbox.faults.set("work_api", latency_ms=30_000)
    crowd(sandbox, 1)
    worker = workers.start(**UNHURRIED)
    workers.wait(lambda: in_flight(sandbox, "work_api") == 1)
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=300) == 0
    # eight seconds by itself; the half minute of the provider's is not waited for on a slow machine either
    assert time.monotonic() - began < 25
    run = Run.objects.get()
    assert (run.state, run.attempts) == (RunState.QUEUED, 0)
    assert Run.objects.filter(next_at__lte=Now()).exists()


def test_an_idle_worker_leaves_at_once(sandbox: Sandbox, workers: Workers) -> None:
    crowd(sandbox, 1)
    worker = workers.start()
    workers.wait_until_all_ended()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=300) == 0


@pytest.mark.chaos
def test_forty_slots_share_five_connections(sandbox: Sandbox, workers: Workers) -> None:
    sandbox.configure({"diretrix": {"latency_ms": 60}, "work_api": {"latency_ms": 200}, "c2s": {"latency_ms": 30}})
    ids = crowd(sandbox, 100)
    workers.start(slots=40, DB_POOL_SIZE="5", DIRETRIX_CONCURRENCY="0", WORK_API_CONCURRENCY="0", C2S_CONCURRENCY="0")
    workers.wait_until_all_ended()
    assert states() == {RunState.COMPLETED: 100}
    assert Counter(Run.objects.values_list("attempts", flat=True)) == {1: 100}
    assert messages_by_lead(sandbox) == once_each(ids)
    # more than there are connections: nobody keeps one while it waits for a provider
    assert sandbox.stats()["work_api"]["max_in_flight"] > 5


@pytest.mark.chaos
def test_a_provider_that_slows_us_down_loses_no_lead(sandbox: Sandbox, workers: Workers) -> None:
    sandbox.faults.set("work_api", latency_ms=150, max_concurrency=3)
    ids = crowd(sandbox, 100)
    workers.start(slots=30, WORK_API_CONCURRENCY="0")
    workers.wait_until_all_ended()
    told = sandbox.stats()["work_api"]["by_status"]
    assert told.get("429", 0) > 0
    assert told["200"] == 100
    assert states() == {RunState.COMPLETED: 100}
    assert Counter(Run.objects.values_list("attempts", flat=True)) == {1: 100}
    assert messages_by_lead(sandbox) == once_each(ids)


@pytest.mark.chaos
def test_an_outage_of_each_provider_loses_and_repeats_nothing(sandbox: Sandbox, workers: Workers) -> None:
    rungs = ",".join(["1"] * 30)
    workers.start(slots=10, RETRY_LADDER=rungs, BREAKER_OPEN_SECONDS="1", BREAKER_FAILURES="3")
    ids: list[str] = []
    for down, others in (
        ("diretrix", {"phone": 0, "email": 0, "cpf": 0}),
        ("work_api", {"phone": 40, "email": 40, "cpf": 20}),
        ("c2s", {"phone": 60, "email": 60, "cpf": 60}),
    ):
        sandbox.faults.set(down, outage="503")
        ids += newcomers(sandbox, down)
        workers.wait(lambda: breaker_reopened(down))  # noqa: B023
        time.sleep(OUTAGE)
        assert answered(sandbox) == others
        sandbox.faults.set(down, outage=None)
        workers.wait_until_all_ended(2 * OUTAGE + 300)
    assert states() == {RunState.COMPLETED: 60}
    assert messages_by_lead(sandbox) == once_each(ids)
    assert answered(sandbox) == {"phone": 60, "email": 60, "cpf": 60}


def answered(sandbox: Sandbox) -> dict[str, int]:
    """Paid questions that got their answer: a refusal of a provider that is down costs nothing."""
    stats = sandbox.stats()
    diretrix, work_api = stats["diretrix"]["operations"], stats["work_api"]["operations"]
    parts = {"phone": diretrix.get("phone"), "email": diretrix.get("email"), "cpf": work_api.get("cpf")}
    return {name: part["by_status"].get("200", 0) if part else 0 for name, part in parts.items()}


def newcomers(sandbox: Sandbox, name: str) -> list[str]:
    first = {"diretrix": 0, "work_api": 20, "c2s": 40}[name]
    return crowd(sandbox, 20, name=name, first=first)


def breaker_reopened(provider: str) -> bool:
    """It has been open, was tried again and failed again."""
    return ProviderGate.objects.filter(provider=provider, failures__gte=5).exists()


@pytest.mark.chaos
def test_a_worker_whose_clock_is_wrong_keeps_its_leases(sandbox: Sandbox, workers: Workers) -> None:
    sandbox.faults.set("work_api", latency_ms=6000)
    ids = crowd(sandbox, 24)
    crew: list[subprocess.Popen[bytes]] = [workers.start(slots=8, WORK_API_CONCURRENCY="0")]
    crew += [
        workers.start(slots=8, command=OTHER_CLOCK, CLOCK_OFF=off, WORK_API_CONCURRENCY="0") for off in ("300", "-300")
    ]
    workers.wait(lambda: ended() > 0)
    owners = Run.objects.exclude(lease_owner="").values_list("lease_owner", flat=True)
    assert {owner.split(":")[1] for owner in owners} == {str(worker.pid) for worker in crew}
    workers.wait(all_ended)
    assert Counter(Run.objects.values_list("state", "attempts")) == {(RunState.COMPLETED, 1): 24}
    assert set(asked(sandbox).values()) == {1}
    assert messages_by_lead(sandbox) == once_each(ids)
