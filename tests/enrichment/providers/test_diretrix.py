"""Diretrix's quirks: lost zeros, companies among people, and an area code that looks like a country."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.models import ProviderCall
from enrichment.providers.diretrix import client as diretrix
from enrichment.providers.diretrix.mapping import facts_of
from enrichment.providers.diretrix.schemas import Found, people_in, person_document
from enrichment.providers.errors import BadPayload
from enrichment.sandbox import Sandbox
from parties.identifiers import CPF
from tests.enrichment.providers.canned import Canned, Play, answer
from tests.enrichment.providers.leaks import BASIC_PASS, BASIC_USER
from tests.enrichment.providers.operations import LONG_AGO, cpf, email, phone
from tests.enrichment.providers.test_reading import ANYTHING

pytestmark = pytest.mark.django_db

MARINA = Found("52998224725", "MARINA ALVES PRADO")
JOSE = Found("11144477735", "JOSE CARLOS PRADO")


def test_everybody_behind_a_phone_is_found_and_companies_are_left_out(sandbox: Sandbox) -> None:
    assert diretrix.people_by_phone(phone()) == [JOSE, MARINA]
    assert sandbox.calls("diretrix", "phone", "11987654321") == 1


@pytest.mark.parametrize("ending", ["06", "07", "08", "09", "21"])
def test_what_the_sandbox_plays_is_people_with_whole_cpfs(sandbox: Sandbox, ending: str) -> None:
    found = diretrix.people_by_phone(phone(f"119876500{ending}"))
    assert len(found) == (12 if ending == "09" else 1)
    assert all(isinstance(CPF.parse(person.cpf), CPF) and person.name for person in found)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("52998224725", "52998224725"),
        ("529.982.247-25", "52998224725"),
        ("191", "00000000191"),
        (191, "00000000191"),
        (191.0, "00000000191"),
        ("1234567890", "01234567890"),
        (" 52998224725 ", "52998224725"),
        ("52998224724", None),
        ("00000000000", None),
        ("11222333000181", None),
        ("11.222.333/0001-81", None),
        ("12ABC34501DE35", None),
        ("ISENTO", None),
        ("", None),
        (None, None),
        (True, None),
        ([], None),
    ],
)
def test_documents(written: Any, read: str | None) -> None:
    assert person_document(written) == read


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ([], []),
        ([{"nome": "A", "cpf": "191"}], [Found("00000000191", "A")]),
        ([{"nome": "A", "cpf": "191"}, {"nome": "A B", "cpf": "00000000191"}], [Found("00000000191", "A")]),
        ([{"nome": None, "cpf": 191}, None, 5, []], [Found("00000000191", "")]),
        ({"nome": "A", "cpf": "191"}, [Found("00000000191", "A")]),
        ([{"nome": "EMPRESA", "cpf": "11222333000181"}, {"nome": "X", "cpf": "52998224724"}], []),
        ({"status": 404, "mensagem": "nada"}, []),
        ({"status": "400"}, []),
    ],
)
def test_answers(canned: Callable[[Play], Canned], body: Any, found: list[Found]) -> None:
    canned(answer(json.dumps(body).encode()))
    assert diretrix.people_by_phone(phone()) == found
    assert ProviderCall.objects.get().outcome == ("ok" if found else "nobody")


@pytest.mark.parametrize("body", [{}, {"mensagem": "x"}, [{"erro": "x"}], [None], [[]], {"data": []}])
def test_an_answer_that_tells_of_no_people_is_not_taken_for_nobody(canned: Callable[[Play], Canned], body: Any) -> None:
    canned(answer(json.dumps(body).encode()))
    with pytest.raises(BadPayload):
        diretrix.people_by_phone(phone())


@pytest.mark.parametrize("digits", ["11987650000", "11987654000"])
def test_nobody_behind_a_phone_is_an_answer(sandbox: Sandbox, digits: str) -> None:
    assert diretrix.people_by_phone(phone(digits)) == []
    row = ProviderCall.objects.get()
    assert (row.outcome, row.status, row.billed) == ("nobody", 400 if digits.endswith("000") else 404, "yes")


@pytest.mark.parametrize("address", ["ninguem@example.com", "ninguem.lista@example.com"])
def test_nobody_behind_an_email_is_an_answer(sandbox: Sandbox, address: str) -> None:
    assert diretrix.people_by_email(email(address)) == []


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("+55 55 98765-4327", "55987654327"),
        ("55987654327", "55987654327"),
        ("5555987654327", "55987654327"),
        ("5511987650021", "11987650021"),
        ("011987650021", "11987650021"),
        ("1187650021", "11987650021"),
        ("(11) 3333-4444", "1133334444"),
    ],
)
def test_a_phone_is_asked_for_without_its_country_code(sandbox: Sandbox, written: str, asked: str) -> None:
    diretrix.people_by_phone(phone(written))
    assert sandbox.calls("diretrix", "phone", asked) == 1


def test_a_foreign_phone_is_not_asked_for(sandbox: Sandbox) -> None:
    assert diretrix.people_by_phone(phone("+351 912 345 678")) == []
    assert sandbox.calls("diretrix") == 0
    assert not ProviderCall.objects.exists()


@pytest.mark.parametrize(
    "address", ["a+b@example.com", "a/b@example.com", "a%2fb@example.com", "a?b#c=d&e@example.com"]
)
def test_an_email_is_encoded_in_the_address(sandbox: Sandbox, address: str) -> None:
    diretrix.people_by_email(email(address))
    assert sandbox.calls("diretrix", "email", address) == 1


def test_the_credentials_are_sent(sandbox: Sandbox) -> None:
    sandbox.configure({"diretrix": {"expected": f"{BASIC_USER}:{BASIC_PASS}"}})
    assert diretrix.people_by_phone(phone()) == [JOSE, MARINA]


def test_a_person_is_read_by_cpf(sandbox: Sandbox) -> None:
    facts = diretrix.person_by_cpf(cpf())
    assert facts is not None
    assert (facts.cpf, facts.name, facts.source) == (cpf(), "MARINA ALVES PRADO", "diretrix")
    assert (facts.birth_date, facts.sex, facts.mother_name) == (date(1984, 3, 14), "female", "LUCIA ALVES")
    values = [contact.identifier.value for contact in facts.contacts]
    assert values == ["+5511987654321", "+551133334444", "marina.prado@example.com"]
    assert all(len(place.cep) == 8 and len(place.state) == 2 and place.street for place in facts.addresses)
    assert facts.addresses


def test_nobody_has_this_cpf(sandbox: Sandbox) -> None:
    sandbox.add_person(cpf="39053344705", name="RUI BARRETO", unknown_to=["diretrix"])
    assert diretrix.person_by_cpf(cpf("39053344705")) is None


def test_an_answer_about_somebody_else_is_not_taken(canned: Callable[[Play], Canned]) -> None:
    canned(answer(b'{"nome": "JOSE CARLOS PRADO", "cpf": "11144477735"}'))
    with pytest.raises(BadPayload):
        diretrix.person_by_cpf(cpf())
    assert ProviderCall.objects.get().outcome == "bad_payload"


def test_the_identity_card_number_ends_in_the_client() -> None:
    row = {"nome": "RUI BARRETO", "cpf": "52998224725", "rg": "998877665"}
    assert "998877665" not in repr(facts_of(row, cpf=cpf(), told_at=LONG_AGO))


def test_who_was_found_does_not_show_in_a_log_line() -> None:
    assert "52998224725" not in repr(MARINA)
    assert "MARINA" not in f"{[MARINA]}"


@given(ANYTHING)
def test_any_answer_is_read_without_breaking(body: Any) -> None:
    people_in(body)
    people_in([{"cpf": body, "nome": body}])
    row = {"nome": body, "telefones": body, "emails": [{"endereco": body}], "enderecos": body, "sexo": body}
    assert facts_of(row, cpf=cpf(), told_at=LONG_AGO).source == "diretrix"


@given(st.dictionaries(st.sampled_from(["ddd", "numero", "operadora", "tipo"]), ANYTHING))
def test_any_phone_is_read_without_breaking(row: dict[str, Any]) -> None:
    facts_of({"telefones": [row]}, cpf=cpf(), told_at=LONG_AGO)
