"""Whoever has a lead enriched and waits: Make, a bridge with real status codes, a portal with its own leads."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from pytest_django import Settings

from enrichment.models import Lead, ProviderCall, Run, RunState, Source, Trigger
from enrichment.outcome import problem_of
from enrichment.sandbox import Sandbox
from enrichment.waiting import places
from parties.models import Party
from tests.c2s_enrich.embedded.processes import eventually
from tests.enrichment.api.conftest import Caller, Callers
from tests.enrichment.leads import run_for
from tests.enrichment.working import at_work

pytestmark = pytest.mark.django_db(transaction=True)

MARINA = "52998224725"
NOBODYS_PHONE = "(11) 98123-0000"
PORTAL_LEAD: dict[str, Any] = {
    "lead_id": "portal-4711",
    "personal_info": {"name": "Marina Alves Prado", "email": "marina.prado@example.com", "cpf": None},
    "contact_info": {"phones": [{"phone": "(11) 98765-4321"}]},
}
MAKES_FIELDS = {"success", "message", "lead_id", "cpfs_processed", "entities_stored", "run_id", "status", "tier"}
BRIDGES_FIELDS = {
    "success", "lead_id", "customer_name", "enriched", "cpfs_enriched", "same_person", "message_sent",
    "stored_in_db", "entity_ids", "run_id", "tier",
}  # fmt: skip


@pytest.fixture
def bridge(with_scopes: Callers) -> Caller:
    """May enrich, and sees documents."""
    return with_scopes("enrich", "pii")


@pytest.fixture
def worker(sandbox: Sandbox) -> Iterator[None]:
    with at_work():
        yield


@pytest.fixture
def brief(settings: Settings) -> None:
    """Nobody waits longer than this."""
    settings.PROCESS_WAIT_SECONDS = 0.3


def in_crm(sandbox: Sandbox, lead_id: str = "lead-1", **told: Any) -> str:
    marina = {"name": "Marina Alves Prado", "phone": "(11) 98765-4321", "email": "marina.prado@example.com"}
    sandbox.add_lead(id=lead_id, **(marina | told))
    return lead_id


# --- Make's trigger


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


@pytest.mark.usefixtures("worker")
def test_documents_are_masked_for_a_key_that_may_not_see_them(sandbox: Sandbox, with_scopes: Callers) -> None:
    masked = with_scopes("enrich")
    assert masked.get("leads/process", id=in_crm(sandbox)).json()["cpfs_processed"] == ["***.982.247-**"]
    assert masked.post("c2s/enrich/lead-1").json()["cpfs_enriched"] == ["***.982.247-**"]


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


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("work_api: the answer took too long", 504, "provider_too_slow"),
        ("c2s: refused with 401", 502, "provider_failed"),
        ("internal error: KeyError", 500, "server_error"),
    ],
)
def test_a_failed_run_has_its_status(sandbox: Sandbox, error: str, status: int, code: str) -> None:
    run = run_for(sandbox)
    run.state, run.error = RunState.FAILED, error
    problem = problem_of(run)
    assert (problem.status, problem.code) == (status, code)
    assert "401" not in problem.sentence
    assert "KeyError" not in problem.sentence


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


def test_a_key_without_the_scope_enriches_nothing(agent: Caller) -> None:
    answers = [
        agent.get("leads/process", id="lead-1"),
        agent.post("c2s/enrich/lead-1"),
        agent.post("leads", PORTAL_LEAD),
    ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(403, "scope_missing")] * 3
    assert Lead.objects.count() == 0


def test_nobody_enriches_without_a_key(client: Any) -> None:
    answers = [
        client.get("/api/v1/leads/process?id=lead-1"),
        client.post("/api/v1/c2s/enrich/lead-1"),
        client.post("/api/v1/leads", PORTAL_LEAD, content_type="application/json"),
    ]
    assert [answer.status_code for answer in answers] == [401] * 3


# --- the same with real status codes


@pytest.mark.usefixtures("worker")
def test_a_lead_is_enriched_and_the_bridge_hears_of_it(sandbox: Sandbox, bridge: Caller) -> None:
    answer = bridge.post(f"c2s/enrich/{in_crm(sandbox)}/")
    party = Party.objects.get(cpf_cnpj=MARINA)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "success": True,
            "lead_id": "lead-1",
            "customer_name": "Marina Alves Prado",
            "enriched": True,
            "cpfs_enriched": [MARINA],
            "same_person": True,
            "message_sent": True,
            "stored_in_db": True,
            "entity_ids": [str(party.pk)],
            "run_id": str(Run.objects.get().pk),
            "tier": "provider",
        },
    )


@pytest.mark.usefixtures("worker")
def test_two_people_behind_one_lead_are_both_told(sandbox: Sandbox, bridge: Caller) -> None:
    sandbox.add_person(cpf="39053344705", name="PAULO LIMA", phones=[], emails=["paulo.lima@example.com"])
    in_crm(sandbox, email="paulo.lima@example.com")
    told = bridge.post("c2s/enrich/lead-1").json()
    assert (set(told["cpfs_enriched"]), told["same_person"]) == ({MARINA, "39053344705"}, False)
    assert len(told["entity_ids"]) == 2
    made = bridge.get("leads/process", id="lead-1").json()
    assert (made["success"], made["status"], made["entities_stored"]) == (True, "needs_review", 2)
    assert "not certain" in made["message"]


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        (None, 404, "unknown_lead"),
        ({"phone": NOBODYS_PHONE, "email": None}, 404, "nobody_known"),
        ({"phone": "1", "email": None}, 422, "no_contact"),
        ({"attributes": {"done_details": {"done": True}}}, 422, "lead_closed"),
    ],
)
def test_a_failure_has_its_real_status(
    sandbox: Sandbox, bridge: Caller, told: dict[str, Any] | None, status: int, code: str
) -> None:
    if told is not None:
        in_crm(sandbox, **told)
    answer = bridge.post("c2s/enrich/lead-1")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["details"]["run_id"] == str(Run.objects.get().pk)


def test_asked_not_to_wait_it_answers_at_once(sandbox: Sandbox, bridge: Caller) -> None:
    began = time.monotonic()
    answer = bridge.post(f"c2s/enrich/{in_crm(sandbox)}?async=1")
    run = Run.objects.get()
    # of the thirty that it may wait
    assert time.monotonic() - began < 25
    assert (answer.status_code, answer["Location"]) == (202, reverse("run", args=[run.pk]))
    assert answer.json() | {"message": ""} == {
        "success": True, "message": "", "lead_id": "lead-1", "run_id": str(run.pk), "status": "queued",
    }  # fmt: skip


@pytest.mark.usefixtures("brief")
def test_what_takes_too_long_is_202_with_a_place_to_look(sandbox: Sandbox, bridge: Caller) -> None:
    answer = bridge.post(f"c2s/enrich/{in_crm(sandbox)}")
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer["Location"].startswith("/api/v1/runs/")


@pytest.mark.usefixtures("worker")
def test_a_lead_with_a_contact_is_not_fetched_again(sandbox: Sandbox, bridge: Caller) -> None:
    run_for(sandbox)
    bridge.post("c2s/enrich/lead-1")
    assert not ProviderCall.objects.filter(operation="lead_get").exists()


# --- leads of elsewhere


@pytest.mark.usefixtures("worker")
def test_a_lead_of_elsewhere_is_enriched_and_the_crm_hears_nothing(sandbox: Sandbox, bridge: Caller) -> None:
    answer = bridge.post("leads", PORTAL_LEAD)
    told = answer.json()
    assert (answer.status_code, told.keys()) == (200, BRIDGES_FIELDS)
    assert (told["lead_id"], told["cpfs_enriched"], told["message_sent"]) == ("portal-4711", [MARINA], False)
    assert sandbox.messages() == []
    lead = Lead.objects.get()
    assert (lead.source, lead.crm_id, Run.objects.get().trigger) == (Source.REST, "", Trigger.REST)


@pytest.mark.usefixtures("worker")
def test_a_given_cpf_needs_no_contact(sandbox: Sandbox, bridge: Caller) -> None:
    answer = bridge.post("leads", {"lead_id": "portal-1", "personal_info": {"cpf": "529.982.247-25"}})
    assert (answer.status_code, answer.json()["cpfs_enriched"]) == (200, [MARINA])


@pytest.mark.usefixtures("worker")
def test_the_first_usable_phone_counts(sandbox: Sandbox, bridge: Caller) -> None:
    phones = [{"phone": "1"}, {"phone": "(11) 99999-9999"}, {"phone": "(11) 98765-4321"}]
    named = {"personal_info": {"name": "Marina Prado"}, "contact_info": {"phones": phones}}
    answer = bridge.post("leads", {"lead_id": "portal-1", **named})
    assert (answer.status_code, answer.json()["cpfs_enriched"]) == (200, [MARINA])


@pytest.mark.usefixtures("brief")
def test_a_lead_of_elsewhere_may_be_sent_again(sandbox: Sandbox, bridge: Caller) -> None:
    runs = [bridge.post("leads/", PORTAL_LEAD).json()["run_id"] for _ in range(2)]
    assert (runs[0], Lead.objects.count()) == (runs[1], 1)


def test_the_id_of_a_lead_of_c2s_is_a_conflict(sandbox: Sandbox, bridge: Caller) -> None:
    run_for(sandbox, "portal-4711")
    answer = bridge.post("leads", PORTAL_LEAD)
    assert (answer.status_code, answer.json()["code"]) == (409, "foreign_lead")
    assert Lead.objects.get().source == Source.C2S


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({}, 400, "invalid", "lead_id"),
        ({"lead_id": {"a": 1}}, 400, "invalid", "lead_id"),
        ({"lead_id": "a/b"}, 400, "invalid", "lead_id"),
        ({"lead_id": "x", "personal_info": []}, 400, "invalid", "personal_info"),
        ({"lead_id": "x", "personal_info": {"name": 7}}, 400, "invalid", "personal_info.name"),
        ({"lead_id": "x", "personal_info": {"cpf": "111.111.111-11"}}, 400, "invalid", "personal_info.cpf"),
        ({"lead_id": "x", "contact_info": {"phones": "11"}}, 400, "invalid", "contact_info.phones"),
        ({"lead_id": "x", "contact_info": {"phones": ["11"]}}, 400, "invalid", "contact_info.phones"),
        ({"lead_id": "x", "contact_info": {"phones": [{"phone": 11}]}}, 400, "invalid", "contact_info.phones[0].phone"),
        ({"lead_id": "x"}, 422, "no_contact", "personal_info"),
        ({"lead_id": "x", "personal_info": {"email": "teste@teste.com"}}, 422, "no_contact", "personal_info"),
        ("text", 400, "invalid", "body"),
    ],
)  # fmt: skip
def test_a_bad_lead_is_refused_and_the_field_named(
    bridge: Caller, body: Any, status: int, code: str, field: str
) -> None:
    answer = bridge.post("leads", body if isinstance(body, dict) else f'"{body}"')
    assert (answer.status_code, answer.json()["code"], list(answer.json()["details"])) == (status, code, [field])
    assert Lead.objects.count() == 0


def test_a_body_that_is_no_json_is_refused(bridge: Caller) -> None:
    assert bridge.post("leads", "{").json()["code"] == "malformed_json"
    assert bridge.post("leads", b"x" * (5 * 1024 * 1024 + 1)).status_code == 413


# --- waiting


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
