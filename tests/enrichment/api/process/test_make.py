"""Make has a lead enriched, and hears 200 and a sentence whatever comes of it."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from enrichment.models import Lead, Run, Source, Trigger
from enrichment.sandbox import Sandbox
from tests.enrichment.api.conftest import Caller
from tests.enrichment.api.process.marina import MARINA, NOBODYS_PHONE, in_crm

pytestmark = pytest.mark.django_db(transaction=True)
MAKES_FIELDS = {"success", "message", "lead_id", "cpfs_processed", "entities_stored", "run_id", "status", "tier"}


@pytest.mark.usefixtures("worker")
def test_make_waits_and_hears_what_came_of_a_lead_that_we_did_not_know(sandbox: Sandbox, bridge: Caller) -> None:
    answer = bridge.get("leads/process", id=in_crm(sandbox))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    run = Run.objects.get()
    assert answer.json() == {
        "success": True,
        "message": "The lead was enriched: 1 person stored.",
        "lead_id": "lead-1",
        "cpfs_processed": [MARINA],
        "entities_stored": 1,
        "run_id": str(run.pk),
        "status": "completed",
        "tier": "provider",
    }
    assert (run.trigger, run.lead.source, run.lead.customer_name) == (Trigger.MAKE, Source.C2S, "Marina Alves Prado")
    assert "CPF: 529.982.247-25" in sandbox.messages("lead-1")[0]["body"]


@pytest.mark.usefixtures("brief")
def test_make_hears_that_it_takes_longer(sandbox: Sandbox, bridge: Caller) -> None:
    answer = bridge.get("leads/process/", id=in_crm(sandbox))
    told = answer.json()
    assert (answer.status_code, told["success"], told["status"], told["tier"]) == (200, True, "queued", None)
    assert (told["cpfs_processed"], told["entities_stored"]) == ([], 0)
    assert told.keys() == MAKES_FIELDS


@pytest.mark.usefixtures("brief")
def test_a_second_call_while_one_is_under_way_starts_nothing(sandbox: Sandbox, bridge: Caller) -> None:
    first = bridge.get("leads/process", id=in_crm(sandbox)).json()
    second = bridge.get("leads/process", id="lead-1").json()
    assert second == first | {"duplicate_request": True}
    assert Run.objects.count() == 1


@pytest.mark.usefixtures("brief")
def test_two_calls_at_the_same_moment_start_one_run(sandbox: Sandbox, bridge: Caller) -> None:
    in_crm(sandbox)

    def call(_: int) -> bool:
        try:
            return "duplicate_request" in bridge.get("leads/process", id="lead-1").json()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(call, range(8))) == [False] + [True] * 7
    assert (Run.objects.count(), Lead.objects.count()) == (1, 1)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("told", "status", "sentence"),
    [
        ({"phone": NOBODYS_PHONE, "email": None}, "not_found", "Nobody is known behind this lead's phone or e-mail."),
        ({"phone": "1", "email": None}, "skipped", "The lead has no phone, e-mail or CPF that leads to anybody."),
        ({"attributes": {"done_details": {"done": True}}}, "skipped", "The lead is closed in C2S"),
        (None, "failed", "C2S knows no lead with this id: check the id that was sent."),
    ],
)
def test_make_hears_200_and_a_sentence_for_every_failure(
    sandbox: Sandbox, bridge: Caller, told: dict[str, Any] | None, status: str, sentence: str
) -> None:
    if told is not None:
        in_crm(sandbox, **told)
    answer = bridge.get("leads/process", id="lead-1")
    body = answer.json()
    assert (answer.status_code, body["success"], body["status"]) == (200, False, status)
    assert body["message"].startswith(sentence)
    assert body.keys() == MAKES_FIELDS


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("provider", "fault", "status", "sentence"),
    [
        ("diretrix", {"outage": "503"}, 502, "Diretrix did not answer as it should: try again later."),
        ("work_api", {"status": 401}, 200, "The lead was enriched: 1 person stored. Some sources did not answer"),
        ("diretrix", {"status": 401}, 502, "Diretrix did not answer as it should: try again later."),
        ("c2s", {"outage": "503"}, 502, "C2S did not answer as it should: try again later."),
    ],
)
def test_a_provider_that_fails_is_named_and_nothing_of_its_internals(
    sandbox: Sandbox,
    bridge: Caller,
    settings: Settings,
    provider: str,
    fault: dict[str, Any],
    status: int,
    sentence: str,
) -> None:
    settings.RETRY_LADDER = []
    in_crm(sandbox)
    sandbox.faults.set(provider, **fault)
    make = bridge.get("leads/process", id="lead-1")
    assert (make.status_code, make.json()["success"]) == (200, status == 200)
    assert make.json()["message"].startswith(sentence)
    real = bridge.post("c2s/enrich/lead-1")
    assert real.status_code == status
    if status != 200:
        assert (real.json()["code"], real.json()["error"]) == ("provider_failed", sentence)


@pytest.mark.usefixtures("worker")
def test_a_run_that_waits_for_hours_keeps_nobody_waiting(sandbox: Sandbox, bridge: Caller) -> None:
    in_crm(sandbox)
    sandbox.faults.set("diretrix", outage="503")
    began = time.monotonic()
    answer = bridge.get("leads/process", id="lead-1").json()
    assert (answer["success"], answer["status"]) == (True, "queued")
    # of the thirty that it may wait
    assert time.monotonic() - began < 25


@pytest.mark.parametrize("query", [{}, {"id": ""}, {"id": " "}, {"id": "a/b"}, {"id": "x" * 192}, {"id": ".."}])
def test_what_is_no_id_is_refused_by_name(bridge: Caller, query: dict[str, str]) -> None:
    answer = bridge.get("leads/process", **query)
    assert (answer.status_code, answer.json()["code"], list(answer.json()["details"])) == (400, "invalid", ["id"])
    assert Lead.objects.count() == 0
