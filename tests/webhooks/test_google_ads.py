"""The door of Google Ads: a form is stored once, enriched, and becomes one lead in the CRM."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from enrichment.models import CrmCreation, Lead, ProviderCall, Run, RunState, Source, Trigger
from enrichment.sandbox import Sandbox
from tests.enrichment.leads import paid_calls
from tests.enrichment.working import at_work
from webhooks.google_form import form_read
from webhooks.models import Door, EventState, WebhookEvent

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/v1/webhooks/google-ads"
KEY = "a-google-key-for-tests"
FIELDS = {"success", "message", "lead_id", "c2s_lead_id"}
Send = Callable[..., Any]


def form(lead_id: Any = "TeSter-123-abc", *, key: str | None = KEY, **told: Any) -> dict[str, Any]:
    columns = [
        {"column_id": "FULL_NAME", "column_name": "Nome completo", "string_value": "Marina Alves Prado"},
        {"column_id": "EMAIL", "column_name": "E-mail", "string_value": " Marina.Prado@Example.com "},
        {"column_id": "PHONE_NUMBER", "string_value": "+55 11 98765-4321"},
        {"column_id": "CITY", "string_value": "São Paulo"},
        {"column_name": "Quantos quartos?", "string_value": "3"},
    ]
    given = {"lead_id": lead_id, "api_version": "1.0", "form_id": 40000000000, "campaign_id": 20000000000}
    given |= {"adgroup_id": 30000000000, "creative_id": 10000000000, "gcl_id": "a-gclid", "user_column_data": columns}
    return given | ({"google_key": key} if key else {}) | told


def made(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Leads that the CRM has from us."""
    leads = sandbox.world.crm.leads()
    return [lead for lead in leads if lead["attributes"]["lead_source"]["name"] == "Google Ads"]


@pytest.fixture
def send(client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Send:
    settings.GOOGLE_ADS_WEBHOOK_KEYS = [KEY]
    # without a worker nothing comes, however long one waits
    monkeypatch.setattr("webhooks.views.CRM_ID_WITHIN", 0.05)
    return lambda body, path=PATH: client.post(path, body, content_type="application/json")


@pytest.fixture
def worker(sandbox: Sandbox, send: Send, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("webhooks.views.CRM_ID_WITHIN", 5.0)
    with at_work():
        yield


@pytest.mark.usefixtures("worker")
def test_a_form_becomes_one_lead_with_the_enrichment_in_its_description(sandbox: Sandbox, send: Send) -> None:
    answer = send(form())
    told = answer.json()
    assert (answer.status_code, told.keys(), told["success"], told["lead_id"]) == (201, FIELDS, True, "TeSter-123-abc")
    [created] = made(sandbox)
    assert created["id"] == told["c2s_lead_id"] == Lead.objects.get().crm_id
    attributes = created["attributes"]
    assert attributes["customer"]["phone"] == "+5511987654321"
    assert attributes["lead_source"]["name"] == "Google Ads"
    for line in (
        "Cidade: São Paulo", "Quantos quartos?: 3", "Campanha: 20000000000", "GCLID: a-gclid", "CPF: 529.982.247-25",
    ):  # fmt: skip
        assert line in attributes["description"]
    assert sandbox.messages() == []


def test_what_was_told_is_kept_with_its_run(send: Send) -> None:
    answer = send(form())
    assert (answer.status_code, answer.json()["c2s_lead_id"]) == (202, None)
    stored, lead, run = WebhookEvent.objects.get(), Lead.objects.get(), Run.objects.get()
    assert (stored.door, stored.state, stored.external_id, stored.lead) == (
        Door.GOOGLE_ADS, EventState.PROCESSED, "TeSter-123-abc", lead,
    )  # fmt: skip
    assert (run.trigger, lead.source, lead.crm_id, lead.document) == (Trigger.GOOGLE_ADS, Source.GOOGLE_ADS, "", "")
    assert (lead.phone_value, lead.email_value) == ("+5511987654321", "marina.prado@example.com")
    assert lead.details == {
        "city": "São Paulo",
        "questions": [["Quantos quartos?", "3"]],
        "campaign_id": "20000000000",
        "form_id": "40000000000",
        "adgroup_id": "30000000000",
        "creative_id": "10000000000",
        "gcl_id": "a-gclid",
    }
    assert ProviderCall.objects.count() == 0


def test_no_key_is_stored(send: Send) -> None:
    send(form())
    send(form("", key=KEY))
    assert KEY not in json.dumps(list(WebhookEvent.objects.values_list("payload", "text")))


@pytest.mark.usefixtures("worker")
def test_a_repeat_does_nothing_twice(sandbox: Sandbox, send: Send) -> None:
    first = send(form())
    again = send(form(user_column_data=[]), PATH + "/")
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert again.json()["c2s_lead_id"] == first.json()["c2s_lead_id"]
    assert (len(made(sandbox)), Run.objects.count(), WebhookEvent.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize("mark", [True, "true", 1])
def test_a_test_is_accepted_marked_and_nobody_is_asked_or_told(
    sandbox: Sandbox, send: Send, perform: Callable[[Run], Run], mark: Any
) -> None:
    answer = send(form(is_test=mark))
    assert (answer.status_code, answer.json()["c2s_lead_id"], answer.json().keys()) == (201, None, FIELDS)
    assert Lead.objects.get().is_test
    run = perform(Run.objects.get())
    assert (run.state, run.error) == (RunState.SKIPPED, "a test lead: nobody is asked or told about it")
    assert (made(sandbox), paid_calls(sandbox)) == ([], {"phone": 0, "email": 0, "profile": 0})
    assert not CrmCreation.objects.exists()
    assert send(form(is_test=mark)).status_code == 200


def test_the_key_may_stand_in_the_query(send: Send) -> None:
    assert send(form(key=None), f"{PATH}?google_key={KEY}").status_code == 202
    assert send(form("other", key=None), f"{PATH}/?a=b&google_key={KEY}&c=d").status_code == 202


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (form(key=None), PATH),
        (form(key="wrong"), PATH),
        (form(key=""), PATH),
        (form(google_key=[KEY]), PATH),
        (form(key=None), f"{PATH}?google_key=wrong"),
        ("{", PATH),
        ("[]", PATH),
    ],
)
def test_no_key_no_entry(send: Send, body: Any, path: str) -> None:
    answer = send(body, path)
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_secret")
    assert WebhookEvent.objects.count() == 0


def test_a_strangers_body_is_read_no_further_than_a_form_needs(send: Send) -> None:
    large = form(gcl_id="x" * 70_000)
    for sent in (large, large | {"google_key": "wrong"}):
        refused = send(sent)
        assert (refused.status_code, refused.json()["error"].startswith("The body is larger than 64 kB")) == (413, True)
    assert send(large, f"{PATH}?google_key=wrong").status_code == 413
    assert send(form(key=None), f"{PATH}?google_key=wrong").status_code == 401
    assert not WebhookEvent.objects.exists()
    assert send(form(key=None, gcl_id="x" * 70_000), f"{PATH}?google_key={KEY}").status_code == 202


def test_nobody_enters_where_no_key_is_set(send: Send, settings: Settings) -> None:
    settings.GOOGLE_ADS_WEBHOOK_KEYS = []
    assert send(form()).status_code == 401


@pytest.mark.parametrize("lead_id", [None, "", " ", [], {}, True])
def test_a_form_without_an_id_is_refused_and_kept(send: Send, lead_id: Any) -> None:
    answer = send(form(lead_id))
    assert (answer.status_code, list(answer.json()["details"])) == (400, ["lead_id"])
    kept = WebhookEvent.objects.get()
    assert (kept.state, kept.door, kept.payload["campaign_id"]) == (EventState.REJECTED, Door.GOOGLE_ADS, 20000000000)
    assert Lead.objects.count() == 0


@pytest.mark.parametrize("body", ["{", "[]", '"text"', b"\xff"])
def test_a_body_that_is_no_form_is_refused_and_kept(send: Send, body: Any) -> None:
    answer = send(body, f"{PATH}?google_key={KEY}")
    assert answer.status_code == 400
    assert WebhookEvent.objects.get().error == answer.json()["error"]


def test_ids_of_any_length_are_told_apart(send: Send) -> None:
    for lead_id in ("x" * 191 + "a", "x" * 191 + "b", "a/b?c", 12345):
        assert send(form(lead_id)).status_code == 202
    assert Lead.objects.count() == 4
    assert {len(lead.lead_id) for lead in Lead.objects.all()} == {39}


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ([("FULL_NAME", "", "Ana Lima")], {"name": "Ana Lima"}),
        ([("FIRST_NAME", "", "Ana"), ("LAST_NAME", "", "Lima")], {"name": "Ana Lima"}),
        ([("", "Primeiro nome", "Ana"), ("", "Sobrenome", "Lima")], {"name": "Ana Lima"}),
        ([("", "Nome completo", "Ana Lima")], {"name": "Ana Lima"}),
        ([("", "Qual é o seu nome?", "Ana Lima")], {"name": "Ana Lima"}),
        ([("", "What's your name?", "Ana Lima")], {"name": "Ana Lima"}),
        ([("", "Full name", "Ana Lima")], {"name": "Ana Lima"}),
        ([("", "Nome do empreendimento", "Vista Verde")], {"questions": [("Nome do empreendimento", "Vista Verde")]}),
        ([("", "E-mail", "ana@example.com")], {"email": "ana@example.com"}),
        ([("", "Your email", "ana@example.com")], {"email": "ana@example.com"}),
        ([("WORK_EMAIL", "", "ana@example.com")], {"email": "ana@example.com"}),
        ([("", "Telefone com DDD", "(21) 99876-5432")], {"phones": ["(21) 99876-5432"]}),
        ([("", "Seu WhatsApp", "21998765432")], {"phones": ["21998765432"]}),
        ([("", "Phone number", "+55 21 99876-5432")], {"phones": ["+55 21 99876-5432"]}),
        (
            [("PHONE_NUMBER", "", "21998765432"), ("WORK_PHONE", "", "2133334444")],
            {"phones": ["21998765432", "2133334444"]},
        ),
        (
            [("", "Melhor horário para ligar no telefone", "à noite")],
            {"questions": [("Melhor horário para ligar no telefone", "à noite")]},
        ),
        ([("", "Qual é o seu CPF?", "529.982.247-25")], {"cpf": "529.982.247-25"}),
        ([("CPF", "", "52998224725")], {"cpf": "52998224725"}),
        ([("GOVERNMENT_ISSUED_ID_CPF_BR", "", "52998224725")], {"cpf": "52998224725"}),
        ([("", "Tem CPF?", "sim")], {"questions": [("Tem CPF?", "sim")]}),
        ([("", "Cidade", "Niterói")], {"city": "Niterói"}),
        ([("", "Em que cidade você mora?", "Niterói")], {"city": "Niterói"}),
        ([("", "City", "Niterói")], {"city": "Niterói"}),
        ([("", "Cidade de interesse", "Búzios")], {"questions": [("Cidade de interesse", "Búzios")]}),
        ([("city", "", "Niterói")], {"city": "Niterói"}),
        ([("OTHER", "", "x")], {"questions": [("OTHER", "x")]}),
        ([("FULL_NAME", "", "  ")], {}),
    ],
)
def test_columns_are_read_by_id_and_by_name(columns: list[tuple[str, str, str]], found: dict[str, Any]) -> None:
    given = [
        {"column_id": column_id or None, "column_name": name, "string_value": value}
        for column_id, name, value in columns
    ]
    read = form_read({"user_column_data": given})
    empty: dict[str, Any] = {"name": "", "email": "", "phones": [], "cpf": "", "city": "", "questions": []}
    assert {name: getattr(read, name) for name in empty} == empty | found


@pytest.mark.parametrize(
    "columns",
    [None, {}, "text", [1, None, []], [{"string_value": {}}], [{}], {"column_id": "CITY", "string_value": "x"}],
)
def test_strange_columns_are_no_reason_to_lose_a_lead(send: Send, columns: Any) -> None:
    assert send(form(user_column_data=columns, campaign_id={"x": 1}, is_test=None)).status_code == 202
    assert Lead.objects.count() == 1


@pytest.mark.usefixtures("worker")
def test_a_given_cpf_needs_no_discovery(sandbox: Sandbox, send: Send) -> None:
    phone = {"column_id": "PHONE_NUMBER", "string_value": "+55 11 98765-4321"}
    columns = [phone, {"column_name": "CPF", "string_value": "529.982.247-25"}]
    assert send(form(user_column_data=columns)).status_code == 201
    assert Lead.objects.get().document == "529.982.247-25"
    assert (paid_calls(sandbox)["phone"], paid_calls(sandbox)["email"]) == (0, 0)
