from datetime import datetime
from typing import Any

import pytest

from enrichment.sandbox import Sandbox
from enrichment.sandbox.demo import MARINA_LEAD_ID, OTHERS
from tests.enrichment.sandbox.client import Client

LEADS = "/c2s/integration/leads"


def create(client: Client, **attributes: Any) -> Any:
    return client.call("POST", LEADS, {"data": {"type": "lead", "attributes": attributes}})


def test_the_contracts_lead_is_there_after_every_start(client: Client) -> None:
    lead = client.lead(MARINA_LEAD_ID).json()["data"]
    assert lead["internal_id"] == 918273
    assert lead["attributes"]["updated_at"] == "2025-11-22T10:00:02.000-03:00"
    assert lead["attributes"]["customer"] == {
        "id": "c-771",
        "name": "Marina Alves Prado",
        "email": "marina.prado@example.com",
        "phone": "(11) 98765-4321",
        "phone2": None,
        "phone_global": "+5511987654321",
    }


def test_the_demo_leads_keep_their_ids() -> None:
    with Sandbox() as one, Sandbox() as other:
        assert one.world.crm.leads() == other.world.crm.leads()
        assert len(one.world.crm.leads()) == len(OTHERS) + 1
        assert all(len(lead["id"]) == 32 for lead in one.world.crm.leads())


def test_an_unknown_lead_is_a_404(client: Client) -> None:
    assert client.lead("0" * 32).status == 404


def test_calls_without_a_bearer_token_are_refused(client: Client, sandbox: Sandbox) -> None:
    for headers in ({"X": "y"}, {"Authorization": "Basic x"}, {"Authorization": "Bearer "}):
        assert client.call("GET", f"{LEADS}/{MARINA_LEAD_ID}", headers=headers).status == 401
    sandbox.configure({"c2s": {"expected": "right"}})
    assert client.lead(MARINA_LEAD_ID).status == 401
    assert client.call("GET", LEADS, headers={"Authorization": "Bearer right"}).status == 200


def test_a_message_appears_in_the_lead_the_inbox_and_the_list(client: Client, sandbox: Sandbox) -> None:
    before = client.lead(MARINA_LEAD_ID).json()["data"]["attributes"]["updated_at"]
    assert client.say(MARINA_LEAD_ID, "linha 1\n<b>linha 2</b>").status == 201
    attributes = client.lead(MARINA_LEAD_ID).json()["data"]["attributes"]
    assert attributes["messages"][-1]["message"] == "linha 1\n<b>linha 2</b>"
    assert datetime.fromisoformat(attributes["updated_at"]) > datetime.fromisoformat(before)
    assert [said["body"] for said in sandbox.messages(MARINA_LEAD_ID)] == ["linha 1\n<b>linha 2</b>"]
    listed = client.call("GET", f"/_messages?lead_id={MARINA_LEAD_ID}").json()["messages"]
    assert listed == sandbox.messages()
    page = client.call("GET", "/inbox").body.decode()
    assert "linha 1\n&lt;b&gt;linha 2&lt;/b&gt;" in page


def test_the_inbox_shows_the_lead_with_the_newest_message_first(client: Client, sandbox: Sandbox) -> None:
    sandbox.add_lead(id="older", name="Primeira Cliente", phone=None)
    sandbox.add_lead(id="newer", name="Segunda Cliente", phone=None)
    for lead_id in ("newer", "older", "newer"):
        client.say(lead_id, f"para {lead_id}")
    page = client.call("GET", "/").body.decode()
    assert page.index("Segunda Cliente") < page.index("Primeira Cliente")


def test_posting_twice_shows_the_text_twice(client: Client, sandbox: Sandbox) -> None:
    client.say(MARINA_LEAD_ID, "oi")
    client.say(MARINA_LEAD_ID, "oi")
    assert len(sandbox.messages(MARINA_LEAD_ID)) == 2


def test_a_long_message_is_cut(client: Client, sandbox: Sandbox) -> None:
    sandbox.configure({"c2s": {"message_max_length": 10}})
    client.say(MARINA_LEAD_ID, "x" * 50)
    assert sandbox.messages()[0]["body"] == "x" * 10


def test_a_message_needs_a_text_and_a_lead(client: Client) -> None:
    assert client.say(MARINA_LEAD_ID, " ").status == 422
    assert client.say("unknown", "oi").status == 404


def test_leads_come_in_pages_of_at_most_fifty(client: Client, sandbox: Sandbox) -> None:
    for number in range(60):
        sandbox.add_lead(phone=None, id=f"lead-{number}", created_at=f"2026-01-01T00:00:{number:02d}.000-03:00")
    total = len(OTHERS) + 61
    first = client.leads(page=1, perpage=500, sort="-updated_at").json()
    assert first["meta"] == {"total": total, "page": 1, "perpage": 50}
    assert [lead["id"] for lead in first["data"][:2]] == ["lead-59", "lead-58"]
    second = client.leads(page=2, perpage=50, sort="-updated_at").json()
    assert len(second["data"]) == total - 50
    assert client.leads(page=99).json()["data"] == []


def test_leads_updated_since_a_moment(client: Client, sandbox: Sandbox) -> None:
    sandbox.add_lead(phone=None, id="new", created_at="2026-01-01T12:00:00.000-03:00")
    for since in ("2026-01-01T15:00:00+00:00", "2026-01-01T12:00:00", "2026-01-01"):
        assert [lead["id"] for lead in client.leads(updated_gte=since).json()["data"]] == ["new"]
    assert client.leads(updated_gte="2026-01-01T15:00:01+00:00").json()["meta"]["total"] == 0
    assert client.leads(updated_gte="yesterday").status == 422
    assert client.leads(sort="colour").status == 422


@pytest.mark.parametrize("form", ["data.id", "id", "lead_id", "number"])
def test_a_new_id_comes_in_any_of_the_known_forms(client: Client, sandbox: Sandbox, form: str) -> None:
    sandbox.configure({"c2s": {"created_as": form}})
    reply = create(client, name="Ana Souza", phone="11987650021", email="ana@example.com", source="Google")
    assert reply.status == 201
    body = reply.json()
    found = body.get("lead_id") or body.get("id") or body["data"]["id"]
    assert isinstance(found, int) == (form == "number")
    attributes = client.lead(str(found)).json()["data"]["attributes"]
    assert attributes["customer"]["name"] == "Ana Souza"
    assert attributes["lead_source"]["name"] == "Google"


def test_a_lead_without_any_contact_is_refused(client: Client) -> None:
    assert create(client, name="Ana").status == 422
    assert client.call("POST", LEADS, []).status == 400


def test_sellers_and_company(client: Client) -> None:
    assert client.call("GET", "/c2s/integration/sellers").json()["data"][0]["id"] == "s-9"
    assert client.call("GET", "/c2s/integration/company").status == 200


def test_subscribing_again_replaces_the_former_hook(client: Client, sandbox: Sandbox) -> None:
    for url in ("http://127.0.0.1/a", "http://127.0.0.1/b"):
        body = {"hook_url": url, "hook_action": "on_create_lead"}
        assert client.call("POST", f"{LEADS}/subscribe", body).status == 200
    assert sandbox.world.crm.hooks == {"on_create_lead": "http://127.0.0.1/b"}
    client.call("POST", f"{LEADS}/unsubscribe", {"hook_action": "on_create_lead"})
    assert sandbox.world.crm.hooks == {}


def test_a_wrong_hook_action_is_a_422_that_says_so(client: Client) -> None:
    for deed in ("subscribe", "unsubscribe"):
        reply = client.call("POST", f"{LEADS}/{deed}", {"hook_url": "http://a", "hook_action": "on_open"})
        assert reply.status == 422
        assert reply.json()["success"] is False


def test_a_lead_takes_name_and_email_from_its_phone(sandbox: Sandbox) -> None:
    customer = sandbox.add_lead(phone="(11) 98765-0021")["attributes"]["customer"]
    assert customer["name"].upper() == sandbox.people_of(phone="11987650021")[0].name
    assert sandbox.people_of(email=customer["email"]) == sandbox.people_of(phone="11987650021")
