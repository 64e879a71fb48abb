"""Names are found regardless of accents, case, order and missing middle names; lists go on where they ended."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from parties.models import Address, Kind, Party, PartyAddress
from parties.names import folded
from parties.search import _with_words, in_city, parties_named
from tests.enrichment.api.conftest import Caller
from tests.enrichment.api.people import MARINAS_EMAIL, MARINAS_PHONE, marina
from tests.parties.people import cpf

pytestmark = pytest.mark.django_db

NAMES = ("MARINA ALVES PRADO", "João Conceição da Silva", "ANA PAULA SOUZA", "ANA SOUZA", "PEDRO D'ÁVILA NETO")


def party(name: str, number: int | None = None, *, city: str = "", kind: str = Kind.PERSON, **fields: Any) -> Party:
    made = Party(name=name, kind=kind, cpf_cnpj=cpf(number).value if number else None, **fields)
    made.save()
    if city:
        address, _ = Address.objects.get_or_create(city=city, state="SP", street="RUA DO SOL", number=city[:5])
        PartyAddress.objects.create(party=made, address=address, is_primary=True)
    return made


def found(caller: Caller, **parameters: Any) -> list[str]:
    answer = caller.get("parties", **parameters)
    assert answer.status_code == 200, answer.content
    return [hit["name"] for hit in answer.json()["results"]]


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        ("marina alves prado", "MARINA ALVES PRADO"),
        ("Marina Prado", "MARINA ALVES PRADO"),
        ("PRADO MARINA", "MARINA ALVES PRADO"),
        ("Prado, Marina Alves", "MARINA ALVES PRADO"),
        ("Marina A. Prado", "MARINA ALVES PRADO"),
        ("Marina Alves Costa Prado", "MARINA ALVES PRADO"),
        ("joao conceicao da silva", "João Conceição da Silva"),
        ("JOÃO DA SILVA", "João Conceição da Silva"),
        ("João Conceicão Silva", "João Conceição da Silva"),
        ("Ana Souza", "ANA SOUZA"),
        ("Ana Paula Souza", "ANA PAULA SOUZA"),
        ("Pedro Davila", "PEDRO D'ÁVILA NETO"),
        ("dra. marina prado", "MARINA ALVES PRADO"),
    ],
)
def test_a_name_is_found_however_it_is_typed(viewer: Caller, typed: str, best: str) -> None:
    for name in NAMES:
        party(name)
    assert found(viewer, name=typed)[0] == best
    assert viewer.get("contributor/customer", name=typed).json()["personal_info"]["name"] == best


@pytest.mark.parametrize("typed", ["Zuleica Quintanilha", "Marina Quintanilha", "Bruno Prado", "Marcos Alves Prado"])
def test_a_name_of_somebody_else_is_nobody(viewer: Caller, typed: str) -> None:
    for name in NAMES:
        party(name)
    assert viewer.get("contributor/customer", name=typed).status_code == 404


def test_an_ambiguous_name_tells_the_best_and_how_many(viewer: Caller) -> None:
    for middle in ("ALVES", "COSTA", "LIMA"):
        party(f"MARINA {middle} PRADO")
    told = viewer.get("contributor/customer", name="Marina Costa Prado").json()
    assert (told["personal_info"]["name"], told["metadata"]["matches"]) == ("MARINA COSTA PRADO", 1)
    told = viewer.get("contributor/customer", name="Marina Prado").json()["metadata"]
    assert (told["matches"], told["confidence"] < 0.4) == (3, True)


def test_begun_words_are_found_too(viewer: Caller) -> None:
    party("MARINA ALVES PRADO")
    assert found(viewer, name="mar pra") == ["MARINA ALVES PRADO"]


def test_the_best_come_first_with_their_scores(viewer: Caller) -> None:
    for name in ("ANA PAULA SOUZA", "ANA SOUZA", "ANABELA SOUZA CRUZ"):
        party(name)
    results = viewer.get("parties", name="ana souza").json()["results"]
    assert [hit["name"] for hit in results] == ["ANA SOUZA", "ANA PAULA SOUZA", "ANABELA SOUZA CRUZ"]
    assert results[0]["score"] == 1.0
    assert [hit["score"] for hit in results] == sorted((hit["score"] for hit in results), reverse=True)


@pytest.mark.parametrize("city", ["SÃO PAULO", "sao paulo", "São Paulo"])
def test_a_city_is_found_however_it_is_spelled(viewer: Caller, city: str) -> None:
    party("ANA SOUZA", city="São Paulo")
    party("ANA LIMA", city="CAMPINAS")
    assert found(viewer, city=city) == ["ANA SOUZA"]
    assert found(viewer, name="ana", city=city) == ["ANA SOUZA"]
    assert found(viewer, name="ana", city=city, state="rj") == []


def test_each_filter_narrows(agent: Caller) -> None:
    marina()
    party("IMOVEIS EXEMPLO LTDA", kind=Kind.COMPANY)
    assert "IMOVEIS EXEMPLO LTDA" in found(agent, type="company")
    assert found(agent, enriched="true") == ["MARINA ALVES PRADO"]
    for given in ({"phone": MARINAS_PHONE}, {"email": MARINAS_EMAIL}, {"cpf": "529.982.247-25"}):
        assert found(agent, **given) == ["MARINA ALVES PRADO"]
    assert found(agent, phone=MARINAS_PHONE, type="company") == []


def test_documents_are_masked_without_pii(viewer: Caller, agent: Caller) -> None:
    marina()
    assert viewer.get("parties", name="marina").json()["results"][0]["cpf"] == "***.982.***-**"
    hit = agent.get("parties", name="marina").json()["results"][0]
    assert (hit["cpf"], hit["city"], hit["type"]) == ("52998224725", "CAMPINAS", "person")


def _all_pages(caller: Caller, meanwhile: Callable[[], Any], **parameters: Any) -> list[str]:
    names, url = [], "parties"
    while url:
        page = caller.get(url, **(parameters if url == "parties" else {})).json()
        names += [hit["name"] for hit in page["results"]]
        url = page["next"]
        meanwhile()
    return names


@pytest.mark.parametrize("parameters", [{"name": "ana souza"}, {}])
def test_pages_hold_everybody_once_though_more_are_filed_meanwhile(viewer: Caller, parameters: dict[str, str]) -> None:
    before = {party(f"ANA SOUZA {chr(65 + n)}{chr(75 + n)}").name for n in range(7)}
    names = _all_pages(viewer, lambda: party("ANA SOUZA"), limit=3, **parameters)
    assert len(names) == len([n for n in names if n in before]) + names.count("ANA SOUZA")
    assert sorted(n for n in names if n in before) == sorted(before)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"cursor": "made-up"}, "cursor"),
        ({"cursor": "WyJ4Il0="}, "cursor"),
        ({"type": "dog"}, "type"),
        ({"enriched": "perhaps"}, "enriched"),
        ({"name": "."}, "name"),
        ({"phone": "1"}, "phone"),
        ({"cpf": "1"}, "cpf"),
    ],
)
def test_bad_input_is_400_and_names_the_field(viewer: Caller, given: dict[str, str], field: str) -> None:
    answer = viewer.get("parties", **given)
    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])


def test_a_page_takes_as_many_queries_however_many_there_are(
    viewer: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    viewer.get("parties")
    for count in (1, 10):
        for n in range(count):
            party(f"ANA SOUZA {n}", city="CAMPINAS")
        # by first name and surname, by words, by how words begin; and the cities
        with django_assert_num_queries(4):
            viewer.get("parties/", name="ana souza", city="campinas")
        with django_assert_num_queries(2):
            viewer.get("parties")


def test_indexes_answer_among_twenty_thousand() -> None:
    surnames = ("SILVA", "SOUZA", "LIMA", "COSTA", "ROCHA", "PRADO", "MELO", "NUNES", "REIS", "DIAS")
    rows = [
        Party(kind=Kind.PERSON, name=name, folded_name=folded(name))
        for n in range(20_000)
        for name in [f"PESSOA{n % 997} {surnames[n % 10]} {surnames[n // 10 % 10]}"]
    ]
    rows.append(Party(kind=Kind.PERSON, name="MARINA ALVES PRADO", folded_name="marina alves prado"))
    Party.objects.bulk_create(rows, batch_size=5000)
    homes = [Address(city=f"CIDADE {n}", place_key=str(n)) for n in range(2000)]
    homes.append(Address(city="São José", place_key="x"))
    Address.objects.bulk_create(homes)
    PartyAddress.objects.bulk_create(PartyAddress(party=p, address=a) for p, a in zip(rows, homes, strict=False))
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    named = _with_words(Party.objects.all(), "'marina':* & 'prado':*").explain()
    assert "parties_name_words" in named
    assert "Seq Scan" not in named
    assert "addresses_by_city" in in_city(Party.objects.all(), "SAO JOSE").order_by("-pk")[:51].explain()
    assert parties_named("Marina Prado")[0].name == "MARINA ALVES PRADO"
