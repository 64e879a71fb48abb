"""`GET contributor/customer` and `POST lookup`: cache, then database, for nothing."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from c2s_enrich import sealed_cache
from parties.models import Kind, Party, PartyContact
from tests.enrichment.api.conftest import Caller
from tests.enrichment.api.people import (
    MARINA,
    MARINAS_EMAIL,
    MARINAS_PHONE,
    PLAIN_PHONE,
    marina,
    plain_person,
)
from tests.parties.people import cpf

pytestmark = pytest.mark.django_db

PHONES = [
    "+5511987654321",
    "5511987654321",
    "011987654321",
    "(11) 98765-4321",
    "11 98765 4321",
    "11987654321",
    "1187654321",  # from before the ninth digit
    "0xx11 98765-4321",
    "00 55 11 98765.4321",
    "015 11 98765-4321",
]


def name_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    return str(answer.json()["personal_info"]["name"])


@pytest.mark.parametrize("form", PHONES)
def test_a_phone_in_any_form_leads_to_the_same_record(agent: Caller, form: str) -> None:
    marina()
    assert name_of(agent.get("contributor/customer", phone=form)) == "MARINA ALVES PRADO"
    assert name_of(agent.post("lookup", {"phone": form})) == "MARINA ALVES PRADO"


@pytest.mark.parametrize(
    "given",
    [
        {"cpf": "529.982.247-25"},
        {"cpf": "52998224725"},
        {"email": " Marina.Prado@EXAMPLE.com "},
        {"name": "marina prado"},
    ],
)
def test_each_identifier_finds_her_at_both_doors(agent: Caller, given: dict[str, str]) -> None:
    marina()
    assert name_of(agent.get("contributor/customer", **given)) == "MARINA ALVES PRADO"
    assert name_of(agent.post("lookup", given)) == "MARINA ALVES PRADO"


@pytest.mark.parametrize("path", ["contributor/customer", "contributor/customer/"])
def test_both_forms_of_the_address_answer(agent: Caller, path: str) -> None:
    marina()
    assert agent.get(path, cpf=MARINA.value).status_code == 200


@pytest.mark.parametrize("path", ["lookup", "lookup/"])
def test_a_body_is_taken_at_both_forms_of_the_address(agent: Caller, path: str) -> None:
    marina()
    assert agent.post(path, {"cpf": MARINA.value}).status_code == 200


def test_the_first_in_order_decides(agent: Caller) -> None:
    marina()
    plain_person(cpf(111444777))
    told = agent.get("contributor/customer", cpf=MARINA.value, phone=PLAIN_PHONE)
    assert name_of(told) == "MARINA ALVES PRADO"
    assert name_of(agent.get("contributor/customer", email=MARINAS_EMAIL, phone=PLAIN_PHONE)) == "MARINA ALVES PRADO"
    assert name_of(agent.get("contributor/customer", phone=PLAIN_PHONE, name="Marina Prado")) == "JOAO PEDRO LIMA"
    assert (
        name_of(agent.get("contributor/customer", email="nobody@example.com", phone=PLAIN_PHONE)) == "JOAO PEDRO LIMA"
    )


def test_an_unknown_cpf_is_nobody_else_whatever_the_phone_says(agent: Caller) -> None:
    marina()
    answer = agent.get("contributor/customer", cpf=cpf(111444777).value, phone=MARINAS_PHONE)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_customer")


def test_a_name_helps_to_choose_between_the_people_behind_a_phone(agent: Caller) -> None:
    plain_person(cpf(111444777))
    plain_person(cpf(222555888), "CARLA MENDES")
    told = agent.get("contributor/customer", phone=PLAIN_PHONE, name="Carla Mendes")
    assert name_of(told) == "CARLA MENDES"
    assert told.json()["metadata"]["matches"] == 2


def test_the_first_answer_is_the_databases_and_the_next_the_caches(agent: Caller) -> None:
    marina()
    tiers = [agent.get("contributor/customer", phone=MARINAS_PHONE).json()["metadata"] for _ in range(2)]
    assert [told["tier"] for told in tiers] == ["database", "cache"]
    assert [told["sources"] for told in tiers] == [["database"], ["cache"]]


@pytest.mark.parametrize("given", [{"phone": MARINAS_PHONE}, {"email": MARINAS_EMAIL}, {"cpf": MARINA.value}])
def test_a_warm_look_up_asks_the_database_nothing(
    agent: Caller, given: dict[str, str], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    marina()
    agent.get("contributor/customer", **given)
    with django_assert_num_queries(0):
        assert agent.get("contributor/customer", **given).json()["metadata"]["tier"] == "cache"


def test_nobody_is_remembered_as_well(agent: Caller, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    agent.get("contributor/customer", phone=MARINAS_PHONE)
    with django_assert_num_queries(0):
        assert agent.get("contributor/customer", phone=MARINAS_PHONE).status_code == 404


def test_a_database_look_up_is_one_query(agent: Caller, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    marina()
    agent.get("contributor/customer", email="nobody@example.com")
    with django_assert_num_queries(1):
        agent.get("contributor/customer", phone=MARINAS_PHONE)


def test_a_change_is_seen_at_once(
    agent: Caller, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    party = marina()
    agent.get("contributor/customer", phone=MARINAS_PHONE)
    assert agent.get("contributor/customer", phone=PLAIN_PHONE).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        PartyContact.objects.create(party=party, contact_type="phone", value=PLAIN_PHONE)
        party.name = "MARINA PRADO SOUZA"
        party.save()
    assert name_of(agent.get("contributor/customer", phone=MARINAS_PHONE)) == "MARINA PRADO SOUZA"
    assert name_of(agent.get("contributor/customer", phone=PLAIN_PHONE)) == "MARINA PRADO SOUZA"


def test_somebody_without_a_profile_is_told_as_such(agent: Caller) -> None:
    plain_person(cpf(111444777))
    told = agent.get("contributor/customer", phone=PLAIN_PHONE).json()["metadata"]
    assert (told["enriched"], told["enriched_at"], told["modules_consulted"]) == (False, None, [])


def test_a_company_is_found_by_its_phone(agent: Caller) -> None:
    company = Party.objects.create(kind=Kind.COMPANY, cpf_cnpj="12ABC34501DE35", name="IMOVEIS EXEMPLO LTDA")
    PartyContact.objects.create(party=company, contact_type="phone", value=PLAIN_PHONE)
    told = agent.get("contributor/customer", phone=PLAIN_PHONE).json()
    assert (told["type"], told["personal_info"]["cpf"]) == ("company", "12ABC34501DE35")


def test_without_pii_documents_and_contacts_are_masked(viewer: Caller, agent: Caller) -> None:
    marina()
    told = viewer.get("contributor/customer", phone=MARINAS_PHONE)
    seen = told.json()
    assert seen["personal_info"]["cpf"] == "***.982.***-**"
    assert seen["contact_info"]["phones"][0]["phone"] == "(11) *****-**21"
    assert seen["contact_info"]["emails"][0]["email"] == "m***@example.com"
    assert seen["companies"][0]["cnpj"] == "**.222.333/****-**"
    text = told.content.decode()
    assert not [v for v in (MARINA.value, "987654321", MARINAS_EMAIL, "11222333000181") if v in text]
    assert agent.get("contributor/customer", phone=MARINAS_PHONE).json()["personal_info"]["cpf"] == MARINA.value


def test_money_is_text_and_exact(agent: Caller) -> None:
    marina()
    told = agent.get("contributor/customer", cpf=MARINA.value).json()["financial_info"]
    assert told == {
        "income": "6089.28",
        "income_adjusted": "11569.63",
        "income_range": "1630.00-4082.00",
        "credit_score": 681,
        "risk_level": "BAIXO",
    }


def test_a_party_is_told_by_its_id(agent: Caller, viewer: Caller) -> None:
    party = marina()
    assert name_of(agent.get(f"customers/{party.pk}")) == "MARINA ALVES PRADO"
    assert name_of(agent.get(f"customers/{str(party.pk).upper()}/")) == "MARINA ALVES PRADO"
    assert viewer.get(f"customers/{party.pk}").json()["personal_info"]["cpf"] == "***.982.***-**"


@pytest.mark.parametrize(
    "written", ["019d2b6e-7c1a-7c3e-9b1d-3f5a7c9e1b2d", "1", "------------------------------------"]
)
def test_an_unknown_or_malformed_id_is_404(agent: Caller, written: str) -> None:
    assert agent.get(f"customers/{written}").status_code == 404


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"cpf": "52998224724"}, "cpf"),
        ({"cpf": "123"}, "cpf"),
        ({"email": "marina.example.com"}, "email"),
        ({"phone": "98765-4321"}, "phone"),
        ({"name": "x"}, "name"),
        ({}, "cpf"),
        ({"phone": "  "}, "phone"),
        ({"cpf": MARINA.value, "tiers": "paid"}, "tiers"),
    ],
)
def test_bad_input_is_400_and_names_the_field(agent: Caller, given: dict[str, str], field: str) -> None:
    for answer in (agent.get("contributor/customer", **given), agent.post("lookup", given)):
        assert answer.status_code == 400
        assert field in answer.json()["details"]


@pytest.mark.parametrize(
    "body", [[], "x", 1, [{"cpf": MARINA.value}], {"cpf": {}}, {"phone": [1]}, {"name": 7}, {"tiers": 1}]
)
def test_a_body_of_another_shape_is_400(agent: Caller, body: Any) -> None:
    assert agent.post("lookup", body).status_code == 400


def test_a_number_is_taken_for_its_digits(agent: Caller) -> None:
    marina()
    assert name_of(agent.post("lookup", {"cpf": 52998224725})) == "MARINA ALVES PRADO"


def test_a_placeholder_is_refused_unless_there_is_more(agent: Caller) -> None:
    marina()
    assert agent.get("contributor/customer", phone="(11) 99999-9999").status_code == 422
    given = {"email": "naotem@example.com", "phone": MARINAS_PHONE}
    assert name_of(agent.get("contributor/customer", **given)) == "MARINA ALVES PRADO"


def test_the_cache_is_never_trusted_to_hold_what_it_held(agent: Caller) -> None:
    marina()
    sealed_cache.set_many({("contact", MARINAS_PHONE): b'{"records": 1}'}, ttl=60)
    assert agent.get("contributor/customer", phone=MARINAS_PHONE).json()["metadata"]["tier"] == "database"
