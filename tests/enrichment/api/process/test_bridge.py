"""A bridge has a lead enriched, and hears of it with real status codes."""

import time
from typing import Any

import pytest
from django.urls import reverse

from enrichment.models import ProviderCall, Run, RunState
from enrichment.outcome import problem_of
from enrichment.sandbox import Sandbox
from parties.models import Party
from tests.enrichment.api.conftest import Caller
from tests.enrichment.api.process.marina import MARINA, NOBODYS_PHONE, in_crm
from tests.enrichment.leads import run_for

pytestmark = pytest.mark.django_db(transaction=True)


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
