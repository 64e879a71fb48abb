import json
from typing import Any

import pytest

from enrichment.sandbox import Sandbox
from enrichment.sandbox.digits import cpf_of_mobile
from enrichment.sandbox.work_api import MODULES
from tests.enrichment.sandbox.client import Client

NO_DATA: list[Any] = [None, "", "SEM INFORMAÇÃO", {}, []]


def profile(client: Client, ending: str) -> Any:
    return client.work("cpf", cpf_of_mobile(f"119876543{ending}")).json()


def test_marinas_profile_is_the_contracts(client: Client) -> None:
    answer = client.work("cpf", "52998224725").json()
    assert answer["status"] == 200
    assert answer["DadosEconomicos"]["renda"] == "6089,28"
    assert answer["telefones"][2]["telefone"] == "1187654322"
    assert answer["imunoBiologicos"] == [{"VacinaNome": "EXEMPLO", "PacienteCpf": "52998224725"}]


def test_a_made_up_profile_has_the_sections_of_the_contract_and_the_sensitive_ones(client: Client) -> None:
    sections = set(profile(client, "21"))
    assert sections >= set(client.work("cpf", "52998224725").json())
    assert sections >= {"DadosImposto", "comprasId", "internet", "listaDocumentos", "foto"}


def test_a_profile_lists_the_phone_the_person_was_found_by(client: Client) -> None:
    (row,) = client.phone("55987654327").json()
    listed = client.work("cpf", row["cpf"].zfill(11)).json()["telefones"]
    assert "55987654327" in [phone["telefone"] for phone in listed]


def test_a_blank_profile_shows_every_way_of_saying_nothing(client: Client) -> None:
    sections = {name: value for name, value in profile(client, "12").items() if name not in ("status", "debug_info")}
    assert all(value in NO_DATA for value in sections.values())
    assert {json.dumps(value) for value in sections.values()} == {json.dumps(value) for value in NO_DATA}


def test_odd_types_swap_numbers_and_text(client: Client) -> None:
    odd = profile(client, "13")
    assert isinstance(odd["telefones"][0]["telefone"], int)
    assert isinstance(odd["DadosEconomicos"]["score"]["scoreCSB"], str)


def test_traits_show_in_the_profile(client: Client) -> None:
    assert profile(client, "11")["DadosBasicos"]["obito"]["obito"] == "SIM"
    assert profile(client, "14")["DadosEconomicos"]["score"] is None
    assert len(profile(client, "15")["telefones"][0]["telefone"]) == 10
    assert len(profile(client, "16")["telefones"]) > 40
    assert "12ABC34501DE35" in [company["cnpj"] for company in profile(client, "17")["empresas"]]
    assert profile(client, "18")["flags"]["__pessoa_exposta_politicamente__"] is True


def test_an_unknown_person_is_a_404_inside_a_200(client: Client) -> None:
    for reply in (client.work("cpf", cpf_of_mobile("11987654310")), client.work("cpf", "12345678900")):
        assert reply.status == 200
        assert reply.json()["status"] == 404


@pytest.mark.parametrize(
    ("module", "value"),
    [
        ("telefone", "11987650021"),
        ("email", "ana@example.com"),
        ("nome", "Ana Souza"),
        ("cep", "01430000"),
        ("cnpj", "11222333000181"),
        ("titulo", "123456789012"),
        ("mae", "LUCIA ALVES"),
    ],
)
def test_every_other_module_answers(client: Client, module: str, value: str) -> None:
    answer = client.work(module, value).json()
    assert answer["status"] == 200
    rows = answer.get("resultado") or answer["socios"]
    assert all(row["nome"] and (row.get("cpf") or row.get("cpf_cnpj")) for row in rows)


def test_all_modules_of_the_contract_are_there() -> None:
    assert set(MODULES) == {"cpf", "telefone", "email", "nome", "cep", "cnpj", "titulo", "mae"}


def test_a_name_leads_to_somebody_of_that_name(client: Client) -> None:
    (row,) = client.work("nome", "Ana Souza").json()["resultado"]
    assert client.work("cpf", row["cpf"]).json()["DadosBasicos"]["nome"] == "ANA SOUZA"


def test_refusals_hide_in_a_200(client: Client, sandbox: Sandbox) -> None:
    assert client.work("cpf", "52998224725", token="").json()["status"] == 403
    assert client.work("veiculos", "52998224725").json()["status"] == 403
    sandbox.configure({"work_api": {"expected": "right"}})
    assert client.work("cpf", "52998224725").json()["status"] == 403
    assert client.work("cpf", "52998224725", token="right").json()["status"] == 200


def test_a_registered_persons_sections_replace_the_made_up_ones(client: Client, sandbox: Sandbox) -> None:
    sandbox.add_person(cpf="39053344705", name="RUI BARRETO", sections={"empresas": None, "emails": "SEM INFORMAÇÃO"})
    answer = client.work("cpf", "39053344705").json()
    assert (answer["empresas"], answer["emails"]) == (None, "SEM INFORMAÇÃO")
    assert answer["DadosBasicos"]["nome"] == "RUI BARRETO"


def test_somebody_can_be_unknown_to_work_api_alone(client: Client, sandbox: Sandbox) -> None:
    sandbox.add_person(cpf="39053344705", name="RUI BARRETO", phones=["51987654321"], unknown_to=["work_api"])
    assert client.work("cpf", "39053344705").json()["status"] == 404
    assert len(client.phone("51987654321").json()) == 1
