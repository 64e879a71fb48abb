"""Contacts are checked without asking anybody outside."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from parties.models import PartyContact
from tests.enrichment.api.conftest import Caller
from tests.enrichment.api.people import MARINA, MARINAS_EMAIL, MARINAS_PHONE, PLAIN_PHONE, marina
from tests.parties.people import cpf

pytestmark = pytest.mark.django_db


def checked(caller: Caller, **contact: Any) -> Any:
    answer = caller.post("contacts/validate", [contact])
    assert answer.status_code == 200, answer.content
    return answer.json()["results"][0]


@pytest.mark.parametrize(
    ("field", "given", "value"),
    [
        ("phone", "011 98765-4321", MARINAS_PHONE),
        ("phone", 11987654321, MARINAS_PHONE),
        ("email", " Marina.Prado@EXAMPLE.com", MARINAS_EMAIL),
        ("cpf", "529.982.247-25", MARINA.value),
        ("name", "Marina ALVES prado", "Marina ALVES prado"),
    ],
)
def test_what_is_on_file_is_valid_and_known(agent: Caller, field: str, given: Any, value: str) -> None:
    marina()
    assert checked(agent, **{field: given}) == {field: {"value": value, "valid": True, "reason": None, "known": True}}


@pytest.mark.parametrize(
    ("field", "given", "reason"),
    [
        ("phone", "98765-4321", "no_area_code"),
        ("phone", "(11) 99999-9999", "placeholder"),
        ("phone", None, "empty"),
        ("phone", [], "not_text"),
        ("email", "marina.example.com", "no_at_sign"),
        ("email", "naotem@example.com", "placeholder"),
        ("cpf", "529.982.247-24", "check_digits"),
        ("cpf", "11111111111", "repeated_digits"),
        ("name", "12345", "not_a_name"),
        ("name", "", "empty"),
    ],
)
def test_what_is_not_valid_says_why(agent: Caller, field: str, given: Any, reason: str) -> None:
    told = checked(agent, **{field: given})[field]
    assert (told["valid"], told["reason"], told["known"]) == (False, reason, False)


def test_only_the_fields_given_are_answered_in_the_order_given(agent: Caller) -> None:
    marina()
    contacts = [{"phone": PLAIN_PHONE}, {"cpf": cpf(111444777).value, "name": "Ana"}, {"phone": MARINAS_PHONE, "x": 1}]
    results = agent.post("contacts/validate/", contacts).json()["results"]
    assert [sorted(result) for result in results] == [["phone"], ["cpf", "name"], ["phone"]]
    assert [result["phone"]["known"] for result in (results[0], results[2])] == [False, True]


def test_values_are_masked_without_pii(viewer: Caller) -> None:
    told = checked(viewer, phone=MARINAS_PHONE, cpf=MARINA.value, email="marina.prado", name="11 98765-4321")
    assert told["phone"]["value"] == "(11) *****-**21"
    assert told["cpf"]["value"] == "***.982.***-**"
    assert "98765" not in told["name"]["value"]
    # it would confirm what is masked
    assert {field["known"] for field in told.values()} == {None}


def test_a_thousand_are_one_query_and_then_none(
    agent: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    contacts = [{"phone": f"+55119{80000000 + n}", "email": f"cliente.{n}@example.org"} for n in range(1000)]
    agent.post("contacts/validate", [])
    with django_assert_num_queries(1):
        agent.post("contacts/validate", contacts)
    with django_assert_num_queries(0):
        assert len(agent.post("contacts/validate", contacts).json()["results"]) == 1000


def test_what_becomes_known_is_known_at_once(
    agent: Caller, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    party = marina()
    assert checked(agent, phone=PLAIN_PHONE)["phone"]["known"] is False
    with django_capture_on_commit_callbacks(execute=True):
        PartyContact.objects.create(party=party, contact_type="phone", value=PLAIN_PHONE)
    assert checked(agent, phone=PLAIN_PHONE)["phone"]["known"] is True


def test_too_many_are_refused(agent: Caller) -> None:
    answer = agent.post("contacts/validate", [{"phone": "1"}] * 1001)
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_contacts")


@pytest.mark.parametrize(
    ("body", "named"),
    [({}, "body"), ({"phone": "1"}, "body"), ('"x"', "body"), ([{"phone": "1"}, "x"], "1"), ([{"fone": "1"}], "0")],
)
def test_a_body_of_another_shape_is_400(agent: Caller, body: Any, named: str) -> None:
    answer = agent.post("contacts/validate", body)
    assert (answer.status_code, list(answer.json()["details"])) == (400, [named])
