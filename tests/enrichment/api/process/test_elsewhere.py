"""A portal has leads of its own enriched, of which the CRM hears nothing."""

from typing import Any

import pytest

from enrichment.models import Lead, Run, Source, Trigger
from enrichment.sandbox import Sandbox
from tests.enrichment.api.conftest import Caller
from tests.enrichment.api.process.marina import MARINA, PORTAL_LEAD
from tests.enrichment.leads import run_for

pytestmark = pytest.mark.django_db(transaction=True)
BRIDGES_FIELDS = {
    "success", "lead_id", "customer_name", "enriched", "cpfs_enriched", "same_person", "message_sent",
    "stored_in_db", "entity_ids", "run_id", "tier",
}  # fmt: skip


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
