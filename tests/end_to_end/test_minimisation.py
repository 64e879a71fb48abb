"""A provider sends everything it has; whichever door asked, beyond the allow-list nothing of it is found anywhere."""

import copy
import json
import logging
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from c2s_enrich.privacy.everywhere import search
from enrichment.actions import lead_rerun
from enrichment.models import Lead, Run, RunState
from enrichment.reconcile import reconcile
from enrichment.sandbox import Sandbox
from enrichment.sandbox import diretrix as played
from enrichment.sandbox.exchange import Answer, json_answer
from parties.models import Party
from tests.enrichment.providers.work_example import EXAMPLE, is_allowed
from tests.parties.people import cpf
from tests.webhook_bodies import event
from tests.webhooks.test_google_ads import KEY, form

pytestmark = pytest.mark.django_db(transaction=True)

NEVER, MAY = "<never ", "MAE QUE PODE FICAR"
HEALTH = {"imunoBiologicos": [{"VacinaNome": "x", "lote": "x"}], "saude": {"cid": "x"}, "novaSecao": {"campo": ["x"]}}
DOORS = ("webhook", "google", "make", "rest", "portal", "swept", "looked up", "module", "broken")


def full_answer(number: int) -> dict[str, Any]:
    """All that the contract's sample has and more, every leaf beyond the allow-list marked by its path."""
    sent = _marked(copy.deepcopy(EXAMPLE | HEALTH), "")
    sent["status"] = 200
    sent["DadosBasicos"] |= {"cpf": cpf(300_000_000 + number).value, "nomeMae": MAY, "nome": name_of(number)}
    sent["telefones"][0]["telefone"], sent["emails"][0]["email"] = phone_of(number), email_of(number)
    return sent


def _marked(value: Any, path: str) -> Any:
    if isinstance(value, dict):
        kept = {key: _marked(inner, f"{path}.{key}" if path else key) for key, inner in value.items()}
        return kept | {"campoNovo": f"{NEVER}{path}.campoNovo>"}
    if isinstance(value, list):
        return [_marked(inner, path) for inner in value]
    return value if is_allowed(path) else f"{NEVER}{path}>"


def name_of(number: int) -> str:
    return f"MARINA {DOORS[number].upper().replace(' ', '')}"


def phone_of(number: int) -> str:
    return f"1198{number:05}55"


def email_of(number: int) -> str:
    return f"marina.{number}@example.com"


@pytest.fixture
def talkative(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Both providers tell of everybody all that they have."""
    sandbox.world.crm.clear()
    for number in range(len(DOORS)):
        sandbox.add_person(
            cpf=cpf(300_000_000 + number).value, name=name_of(number), phones=[phone_of(number)],
            emails=[email_of(number)], sections=full_answer(number), entire=True,
        )  # fmt: skip
    plain = played._candidates

    def more(people: list[Any]) -> Answer:
        rows = json.loads(plain(people).body)
        return json_answer([row | {"rg": f"{NEVER}rg>", "mae": f"{NEVER}mae>"} for row in rows])

    monkeypatch.setattr(played, "_candidates", more)
    return sandbox


def contact(number: int) -> dict[str, str]:
    return {"name": name_of(number).title(), "phone": phone_of(number), "email": email_of(number)}


def test_only_what_is_allowed_is_ever_kept(
    talkative: Sandbox,
    webhook: Callable[..., Any],
    client: Client,
    key: str,
    perform: Callable[[Run], Run],
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.GOOGLE_ADS_WEBHOOK_KEYS, settings.PROCESS_WAIT_SECONDS = [KEY], 0
    headers, as_json = {"Authorization": f"Bearer {key}"}, "application/json"
    answers = [webhook(event("webhook", **contact(0)))]
    columns = [
        {"column_id": "FULL_NAME", "string_value": name_of(1)},
        {"column_id": "EMAIL", "string_value": email_of(1)},
    ]
    answers.append(client.post("/api/v1/webhooks/google-ads", form(user_column_data=columns), content_type=as_json))
    for number, lead_id in ((2, "make"), (3, "rest"), (5, "swept")):
        talkative.add_lead(id=lead_id, **contact(number))
    answers.append(client.get("/api/v1/leads/process?id=make", headers=headers))
    answers.append(client.post("/api/v1/c2s/enrich/rest?async=1", headers=headers))
    portal = {"lead_id": "portal", "contact_info": {"phones": [{"phone": phone_of(4)}]}}
    answers.append(client.post("/api/v1/leads?async=1", portal, content_type=as_json, headers=headers))
    reconcile()
    _perform_all(perform)
    lead_rerun(leads=[Lead.objects.get(lead_id="webhook")], force_providers=True)
    _perform_all(perform)
    answers.append(client.post("/api/v1/enrich", {"phone": phone_of(6)}, content_type=as_json, headers=headers))
    for module in ("cpf", "all", "telefone"):
        value = phone_of(7) if module == "telefone" else cpf(300_000_007).value
        answers.append(client.get(f"/api/v1/work/modules/{module}?documento={value}", headers=headers))
    webhook(event("broken", **contact(8)))
    with patch("parties.merge.finances_file", side_effect=RuntimeError), pytest.raises(RuntimeError):
        _perform_all(perform)
    assert [answer.status_code for answer in answers if answer.status_code >= 300] == []
    # everybody was bought and filed, but for whom the filing broke
    assert Party.objects.filter(enriched=True).count() == len(DOORS) - 1
    assert ProcrastinateJob.objects.exists()
    assert "run broke" in caplog.text
    _nothing_else_is_kept()
    told = [answer.content.decode() for answer in answers] + [message["body"] for message in talkative.messages()]
    assert not [text for text in [*told, caplog.text] if NEVER in text]


def _perform_all(perform: Callable[[Run], Run]) -> None:
    for run in Run.objects.filter(state=RunState.QUEUED).order_by("id"):
        perform(run)


def _nothing_else_is_kept() -> None:
    allowed = search(MAY).left
    assert allowed.keys() >= {"people.mother_name", "party_enrichments.profile", "redis"}, "the search looks everywhere"
    assert search(NEVER).left == {}
