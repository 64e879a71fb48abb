import pytest

from enrichment.sandbox import Sandbox
from enrichment.sandbox.digits import is_cpf
from tests.enrichment.sandbox.client import BASIC, Client


def test_the_contracts_phone_answers_as_the_contract_shows(client: Client) -> None:
    assert client.phone("11987654321").json() == [
        {"nome": "EMPRESA EXEMPLO LTDA", "cpf": "11222333000181"},
        {"nome": "JOSE CARLOS PRADO", "cpf": "11144477735"},
        {"nome": "MARINA ALVES PRADO", "cpf": "52998224725"},
    ]


def test_the_contracts_email_answers_marina_alone(client: Client) -> None:
    assert [row["cpf"] for row in client.email("marina.prado@example.com").json()] == ["52998224725"]


@pytest.mark.parametrize(("number", "status"), [("11987654300", 404), ("11987654000", 400), ("5511987654321", 400)])
def test_nobody_behind_a_phone_is_a_404_or_a_400(client: Client, number: str, status: int) -> None:
    assert client.phone(number).status == status


def test_nobody_behind_an_email_is_a_404_or_an_empty_list(client: Client) -> None:
    assert client.email("ninguem@example.com").status == 404
    assert client.email("ninguem.lista@example.com").json() == []
    assert client.email("no-at-sign").status == 400


def test_a_cpf_comes_without_its_leading_zeros(client: Client) -> None:
    (row,) = client.phone("11987654308").json()
    assert len(row["cpf"]) < 11
    assert is_cpf(row["cpf"].zfill(11))


def test_a_company_stands_among_the_people(client: Client) -> None:
    assert sorted(len(row["cpf"]) for row in client.phone("11987654306").json())[-1] == 14


def test_several_people_are_not_ranked(client: Client) -> None:
    names = [row["nome"] for row in client.phone("11987654305").json()]
    assert len(names) == 8
    assert names == sorted(names)


def test_a_cpf_gives_one_person_with_ranked_contacts(client: Client) -> None:
    answer = client.cpf("24774598054").json()
    assert set(answer) == {
        "nome", "cpf", "rg", "dataNascimento", "sexo", "mae", "telefones", "emails", "enderecos",
    }  # fmt: skip
    assert set(answer["telefones"][0]) == {"ddd", "numero", "operadora", "tipo", "ranking"}
    assert set(answer["emails"][0]) == {"endereco", "ranking"}
    assert set(answer["enderecos"][0]) == {
        "logadouro", "numero", "bairro", "cidade", "uf", "cep", "complemento", "ranking",
    }  # fmt: skip
    assert answer["telefones"][0]["ddd"] + answer["telefones"][0]["numero"] == "11987650021"


def test_a_cpf_with_a_wrong_check_digit_belongs_to_nobody(client: Client) -> None:
    assert client.cpf("24774598055").status == 404


def test_diretrix_asks_for_basic_credentials(client: Client, sandbox: Sandbox) -> None:
    path = "/diretrix/Consultas/Pessoa/Telefone/11987650021"
    for refused in ("", "Bearer x", "Basic Og==", "Basic %", "Basic /w=="):
        assert client.call("GET", path, headers={"Authorization": refused}).status == 401
    sandbox.configure({"diretrix": {"expected": "someone:else"}})
    assert client.call("GET", path, headers=BASIC).status == 401


def test_a_registered_person_answers_for_own_contacts(client: Client, sandbox: Sandbox) -> None:
    sandbox.add_person(cpf="39053344705", name="RUI BARRETO", phones=["51987654300"], emails=["rui@example.com"])
    wanted = [{"nome": "RUI BARRETO", "cpf": "39053344705"}]
    assert client.phone("51987654300").json() == wanted
    assert client.email("rui@example.com").json() == wanted
