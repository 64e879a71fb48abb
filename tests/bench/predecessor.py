"""The predecessor's database as large as it was, and as dirty: the people of the synthetic world in its tables.

Its keys were random, a person stood there twice now and then, phones were written in two ways, and payloads were kept
whole.
"""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from uuid import UUID

import psycopg

from enrichment.sandbox.person import made_up, some_cpf
from enrichment.sandbox.work_profile import profile_of
from enrichment.synthetic import reach
from enrichment.synthetic.names import company_name
from enrichment.synthetic.people import (
    cnpj,
    cpf,
    employer,
    enrichments_each,
    family_of,
    human,
)
from enrichment.synthetic.world import World, shares

SCHEMA = Path(__file__).parent.with_name("webhooks") / "legacy" / "schema.sql"
_PARTIES, _DOUBLES, _CONTACTS, _ENRICHMENTS, _ADDRESSES, _HOMES, _PLACES, _OWNERSHIPS, _TIES = range(32, 41)
_DOUBLE_EVERY = 33
_ROWS_AT_ONCE = 500
_TEMPLATES = 256
_NAME, _CPF = "@name@", "@cpf@"
_KINDS = ("person", "PF", "person", "person")
# what people's tables repeat without end and nobody may keep
_LONG_LISTS = ("vizinhos", "imunoBiologicos", "comprasId", "parentes")
Rows = Callable[[World], Iterator[str]]


def built(dsn: str, world: World) -> None:
    """All or nothing; an interrupted one leaves no table."""
    with psycopg.connect(dsn) as connection:
        connection.execute(SCHEMA.read_text().encode())
        for (table, columns), rows in TABLES.items():
            told = rows(world)
            with connection.cursor().copy(f"copy {table} ({columns}) from stdin".encode()) as copy:
                while block := list(islice(told, _ROWS_AT_ONCE)):
                    copy.write("".join(block))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def _key(world: World, table: int, number: int) -> str:
    both = world.dice(number, table) << 64 | world.dice(number, table + 16)
    return str(UUID(int=both, version=4))


def _person(world: World, number: int) -> str:
    return _key(world, _PARTIES, number)


def _company(world: World, number: int) -> str:
    return _key(world, _PARTIES, world.counts.people + number)


def _party_rows(world: World) -> Iterator[str]:
    for number, enriched in enumerate(enrichments_each(world)):
        someone, since = human(world, number), world.moment(number, world.counts.people)
        told = f"{_KINDS[number & 3]}\t{cpf(world, number)}"
        born = f"{1945 + someone.dice % 58}-{1 + (someone.dice >> 8) % 12:02}-11" if enriched else r"\N"
        mother = human(world, number + 1).name if enriched else r"\N"
        rest = f"{'FM'[someone.dice >> 32 & 1]}\t{born}\t{mother}\t{'tf'[not enriched]}\t{since}\t{since}\n"
        yield f"{_person(world, number)}\t{told}\t{someone.name.upper()}\t{rest}"
        if number % _DOUBLE_EVERY == 0:
            yield f"{_key(world, _DOUBLES, number)}\t{told}\t\t\\N\t\\N\t\\N\tf\t{since}\t{since}\n"
    for number in range(world.counts.companies):
        since = world.moment(number, world.counts.companies)
        yield f"{_company(world, number)}\tcompany\t{cnpj(world, number)}\t\t\\N\t\\N\t\\N\tf\t{since}\t{since}\n"


def _people_rows(world: World) -> Iterator[str]:
    for number, enriched in enumerate(enrichments_each(world)):
        if enriched:
            since = world.moment(number, world.counts.people)
            yield f"{_person(world, number)}\t{human(world, number).name}\tCasado(a)\t{cpf(world, number)}\t{since}\n"


def _company_rows(world: World) -> Iterator[str]:
    for number in range(world.counts.companies):
        legal, trade = company_name(world.dice(number, 4))
        yield f"{_company(world, number)}\t{legal}\t{trade}\t{cnpj(world, number)}\n"


def _contact_rows(world: World) -> Iterator[str]:
    counts, serial = world.counts, 0
    of_people = counts.contacts * 4 // 5
    for number, most in enumerate(shares(of_people, counts.people, reach.OF_A_PERSON)):
        someone, work = human(world, number), employer(world, number)
        found = reach.of_person(world, number, someone.name, family=family_of(number), employer=work, most=most)
        for one in found:
            yield _contact(world, serial, _person(world, number), one)
            serial += 1
    for number, most in enumerate(shares(counts.contacts - of_people, counts.companies, reach.OF_A_COMPANY)):
        name = company_name(world.dice(number, 4))[1]
        for one in reach.of_company(world, number, name, most=most):
            yield _contact(world, serial, _company(world, number), one)
            serial += 1


def _contact(world: World, serial: int, owner: str, one: reach.Reached) -> str:
    value = one.value.removeprefix("+55" if serial & 1 else "")
    since = world.moment(serial, world.counts.contacts)
    key = _key(world, _CONTACTS, serial)
    return f"{key}\t{owner}\t{one.kind}\t{value}\t{'tf'[serial & 1]}\twork_api\t0.80\t{since}\t{since}\n"


def _enrichment_rows(world: World) -> Iterator[str]:
    templates = [_template(number) for number in range(_TEMPLATES)]
    serial = 0
    for number, times in enumerate(enrichments_each(world)):
        for _ in range(times):
            at = world.moment(serial, world.counts.enrichments)
            payload = templates[serial % _TEMPLATES].replace(_NAME, human(world, number).name.upper())
            payload = payload.replace(_CPF, cpf(world, number))
            yield f"{_key(world, _ENRICHMENTS, serial)}\t{_person(world, number)}\twork_api\t{payload}\t{{}}\t{at}\n"
            serial += 1


def _template(number: int) -> str:
    payload = profile_of(made_up(some_cpf(f"predecessor/{number}")))
    payload["DadosBasicos"] |= {"nome": _NAME, "cpf": _CPF}
    payload |= {name: payload[name] * (1 + number % 20) for name in _LONG_LISTS if name in payload}
    return json.dumps(payload, ensure_ascii=False).replace("\\", "\\\\")


def _address_rows(world: World) -> Iterator[str]:
    for family in range(family_of(world.counts.people - 1) + 1):
        dice, since = world.dice(family, 6), world.moment(family, world.counts.people)
        number, post = 1 + (dice >> 16) % 3000, world.scattered(family, 8)
        street = f"Rua das Acacias\t{number}\tCentro\tSao Paulo\tSP\t{post[:5]}-{post[5:]}"
        yield f"{_key(world, _ADDRESSES, family)}\t{street}\t{since}\n"


def _home_rows(world: World) -> Iterator[str]:
    for number, enriched in enumerate(enrichments_each(world)):
        if enriched:
            home = _key(world, _ADDRESSES, family_of(number))
            since = world.moment(number, world.counts.people)
            yield f"{_key(world, _HOMES, number)}\t{_person(world, number)}\t{home}\tt\tt\t{since}\n"


def _place_rows(world: World) -> Iterator[str]:
    for number in range(world.counts.properties):
        dice, since = world.dice(number, 11), world.moment(number, world.counts.properties)
        where = f"Rua das Acacias\t{1 + dice % 4000}\tJardins\tSao Paulo\tSP\t04{(dice >> 24) % 10**6:06}"
        area = 28 + (dice >> 8) % 300
        yield f"{_key(world, _PLACES, number)}\t{world.scattered(number, 10)}\t{where}\t{area}\t{since}\n"


def _ownership_rows(world: World) -> Iterator[str]:
    counts = world.counts
    for number in range(counts.ownerships):
        place = _key(world, _PLACES, number * counts.properties // counts.ownerships)
        owner = _person(world, (world.dice(number, 12) & 0xFFFFFFFF) % counts.people)
        since = world.moment(number, counts.ownerships)
        yield f"{_key(world, _OWNERSHIPS, number)}\t{place}\t{owner}\t50\t{since:%Y-%m-%d}\t0.90\t{since}\n"


def _tie_rows(world: World) -> Iterator[str]:
    counts = world.counts
    for number in range(counts.relationships):
        person, company = world.dice(number, 13) % counts.people, number % counts.companies
        since, role = world.moment(number, counts.relationships), ("Socio", "Empregado", "Socio-Administrador")
        ends = f"{_person(world, person)}\t{_company(world, company)}"
        yield f"{_key(world, _TIES, number)}\t{ends}\t{role[number % 3]}\t{since}\n"


TABLES: dict[tuple[str, str], Rows] = {
    (
        "core.parties",
        "id,party_type,cpf_cnpj,full_name,sex,birth_date,mother_name,enriched,created_at,updated_at",
    ): _party_rows,
    ("core.people", "party_id,full_name,marital_status,document_cpf,updated_at"): _people_rows,
    ("core.companies", "party_id,legal_name,trade_name,cnpj"): _company_rows,
    (
        "core.party_contacts",
        "contact_id,party_id,contact_type,value,is_primary,source,confidence,created_at,updated_at",
    ): _contact_rows,
    (
        "core.party_enrichments",
        "enrichment_id,party_id,provider,raw_payload,normalized_data,enriched_at",
    ): _enrichment_rows,
    ("core.addresses", "id,street,number,neighborhood,city,state,zip_code,created_at"): _address_rows,
    ("core.party_addresses", "id,party_id,address_id,is_primary,is_current,updated_at"): _home_rows,
    (
        "core.real_estate_properties",
        "id,iptu_number,street,number,neighborhood,city,state,zip_code,area_m2,created_at",
    ): _place_rows,
    ("core.property_ownerships", "id,property_id,party_id,share,start_date,confidence,created_at"): _ownership_rows,
    ("core.party_relationships", "id,from_party_id,to_party_id,relationship_type,created_at"): _tie_rows,
}
