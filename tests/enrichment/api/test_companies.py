"""One company with its people: remembered for half an hour, and dropped when anything of it changes."""

import pytest
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from parties.models import Company, Kind, Party, PartyRelationship
from tests.enrichment.api.conftest import Caller
from tests.enrichment.api.people import MARINAS_CNPJ, marina

pytestmark = pytest.mark.django_db

LETTERED = "12ABC34501DE35"
Commits = DjangoCaptureOnCommitCallbacks


@pytest.mark.parametrize("written", ["11222333000181", "11.222.333/0001-81", "11.222.333%2F0001-81", "11222333000181/"])
def test_a_numeric_cnpj_in_any_form(agent: Caller, written: str) -> None:
    party = marina()
    assert agent.get(f"companies/{written}").json() == {
        "cnpj": MARINAS_CNPJ,
        "legal_name": "PADARIA EXEMPLO LTDA",
        "trade_name": "PADARIA EXEMPLO",
        "size": "ME",
        "industry": "PADARIAS",
        "people": [{"party_id": str(party.pk), "name": "MARINA ALVES PRADO", "role": "SOCIO-ADMINISTRADOR"}],
    }


@pytest.mark.parametrize("written", [LETTERED, "12.ABC.345/01DE-35", "12abc34501de35"])
def test_an_alphanumeric_cnpj(agent: Caller, written: str) -> None:
    Party.objects.create(kind=Kind.COMPANY, cpf_cnpj=LETTERED, name="IMOVEIS EXEMPLO LTDA")
    told = agent.get(f"companies/{written}").json()
    assert (told["cnpj"], told["legal_name"], told["people"]) == (LETTERED, "IMOVEIS EXEMPLO LTDA", [])


def test_an_unknown_company_is_404_and_a_wrong_number_400(agent: Caller) -> None:
    assert agent.get(f"companies/{LETTERED}").json()["code"] == "unknown_company"
    answer = agent.get("companies/11222333000182")
    assert (answer.status_code, list(answer.json()["details"])) == (400, ["cnpj"])


def test_the_number_is_masked_without_pii(viewer: Caller) -> None:
    marina()
    assert viewer.get(f"companies/{MARINAS_CNPJ}").json()["cnpj"] == "**.222.333/****-**"


def test_the_second_time_it_comes_from_the_cache(
    agent: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    marina()
    agent.get("companies/11222333000182")
    with django_assert_num_queries(2):
        first = agent.get(f"companies/{MARINAS_CNPJ}").json()
    with django_assert_num_queries(0):
        assert agent.get(f"companies/{MARINAS_CNPJ}").json() == first


def test_whatever_changes_on_its_page_drops_it(agent: Caller, django_capture_on_commit_callbacks: Commits) -> None:
    party = marina()

    def page() -> tuple[str, list[str]]:
        told = agent.get(f"companies/{MARINAS_CNPJ}").json()
        return told["size"], [person["name"] for person in told["people"]]

    assert page() == ("ME", ["MARINA ALVES PRADO"])
    with django_capture_on_commit_callbacks(execute=True):
        company = Company.objects.get(party__cpf_cnpj=MARINAS_CNPJ)
        company.size = "EPP"
        company.save()
    assert page() == ("EPP", ["MARINA ALVES PRADO"])
    with django_capture_on_commit_callbacks(execute=True):
        party.name = "MARINA PRADO"
        party.save()
    assert page() == ("EPP", ["MARINA PRADO"])
    with django_capture_on_commit_callbacks(execute=True):
        PartyRelationship.objects.get(from_party=party).delete()
    assert page() == ("EPP", [])


def test_former_people_are_left_out(agent: Caller) -> None:
    party = marina()
    PartyRelationship.objects.filter(from_party=party).update(end_date="2024-01-01")
    assert agent.get(f"companies/{MARINAS_CNPJ}").json()["people"] == []
    assert agent.get(f"customers/{party.pk}").json()["companies"] == []
