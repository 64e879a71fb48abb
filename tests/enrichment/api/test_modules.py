"""The Work API in its own words, reduced to the allow-list, and asked once an hour."""

from typing import Any

import pytest

from enrichment.providers.work_api.client import MODULES
from enrichment.sandbox import Sandbox
from tests.enrichment.api.conftest import Caller, Callers
from tests.enrichment.api.people import MARINA, marina

pytestmark = pytest.mark.django_db(transaction=True)

NEVER = ("cor", "cns", "pis", "parentes", "vizinhos", "imunoBiologicos", "beneficios", "foto")
VALUES = {
    "cpf": "529.982.247-25",
    "telefone": "(11) 98765-4321",
    "email": "marina.prado@example.com",
    "nome": "MARINA ALVES PRADO",
    "cep": "13010-001",
    "cnpj": "11.222.333/0001-81",
    "titulo": "123456789012",
    "mae": "LUCIA ALVES",
}


def keys_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {*value}.union(*map(keys_in, value.values()))
    return set().union(*map(keys_in, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("path", ["work/modules/all", "work/modules/cpf/"])
def test_sections_keep_their_own_names_and_only_the_allowed_ones(manager: Caller, sandbox: Sandbox, path: str) -> None:
    told = manager.get(path, documento=MARINA.value).json()
    assert told["DadosBasicos"]["nome"] == "MARINA ALVES PRADO"
    assert told["DadosEconomicos"]["renda"] == "6089,28"
    assert told["telefones"][0]["telefone"] == "11987654321"
    assert not keys_in(told) & {*NEVER}
    assert "token" not in str(told)


def test_all_is_the_module_cpf_and_asked_once(manager: Caller, sandbox: Sandbox) -> None:
    answers = [
        manager.get(f"work/modules/{module}", documento=VALUES["cpf"]).json() for module in ("all", "cpf", "all")
    ]
    assert answers[0] == answers[1] == answers[2]
    assert sandbox.calls("work_api") == 1


def test_a_profile_bought_here_is_known_everywhere_and_the_other_way_round(manager: Caller, sandbox: Sandbox) -> None:
    manager.get("work/modules/all", documento=MARINA.value)
    told = manager.get("contributor/customer", cpf=MARINA.value).json()
    assert (told["metadata"]["enriched"], sandbox.calls("work_api")) == (True, 1)


def test_a_profile_on_file_is_not_bought_again(manager: Caller, sandbox: Sandbox) -> None:
    marina()
    assert manager.get("work/modules/cpf", documento=MARINA.value).json()["DadosBasicos"]["cpf"] == MARINA.value
    assert sandbox.calls("work_api") == 0


@pytest.mark.parametrize("module", MODULES)
def test_each_module_answers_and_is_kept(manager: Caller, sandbox: Sandbox, module: str) -> None:
    answers = [manager.get(f"work/modules/{module}", documento=VALUES[module]) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {200}, answers[0].content
    assert sandbox.calls("work_api", operation=module) == 1
    assert not keys_in(answers[0].json()) & {*NEVER}


def test_documents_and_contacts_are_masked_without_pii(with_scopes: Callers, sandbox: Sandbox) -> None:
    told = with_scopes("enrich").get("work/modules/all", documento=MARINA.value)
    seen = told.json()
    assert seen["DadosBasicos"]["cpf"] == "***.982.***-**"
    assert seen["enderecos"][0]["cep"] == "13010001"
    text = told.content.decode()
    hidden = (MARINA.value, "11987654321", "Marina.Prado@Example.com", "11222333000181")
    assert not [value for value in hidden if value.lower() in text.lower()]


def test_an_unknown_module_is_404_with_the_list(manager: Caller) -> None:
    answer = manager.get("work/modules/foto", documento=MARINA.value)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_module")
    assert answer.json()["details"]["modules"] == ["all", *MODULES]


def test_nobody_known_is_404_and_kept(manager: Caller, sandbox: Sandbox) -> None:
    unknown = sandbox.add_person(name="ZELIA NUNES", phones=["11981234567"], unknown_to=["work_api"])
    for _ in range(2):
        answer = manager.get("work/modules/cpf", documento=unknown.cpf)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_document")
    assert sandbox.calls("work_api") == 1


# any text may be a name
@pytest.mark.parametrize(
    ("module", "documento"),
    [*((m, "") for m in ("all", *MODULES)), *((m, "ÿ!") for m in ("all", *MODULES) if m not in ("nome", "mae"))],
)
def test_what_the_module_cannot_read_is_400(manager: Caller, module: str, documento: str) -> None:
    answer = manager.get(f"work/modules/{module}", documento=documento)
    assert (answer.status_code, list(answer.json()["details"])) == (400, ["documento"])


@pytest.mark.parametrize(("module", "value"), [("cpf", MARINA.value), ("cep", "13010-001")])
def test_a_failure_is_told_and_not_kept(manager: Caller, sandbox: Sandbox, module: str, value: str) -> None:
    sandbox.faults.set("work_api", status=503)
    answer = manager.get(f"work/modules/{module}", documento=value)
    assert (answer.status_code, answer.json()["details"]) == (502, {"provider": "work_api"})
    sandbox.faults.set("work_api", status=None)
    assert manager.get(f"work/modules/{module}", documento=value).status_code == 200


def test_the_scope_is_enrich(agent: Caller) -> None:
    assert agent.get("work/modules/all", documento=MARINA.value).status_code == 403
