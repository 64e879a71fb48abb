"""Parties: people in families, companies, and how each is reached."""

from collections.abc import Iterator
from typing import NamedTuple

from enrichment.sandbox.digits import with_check_digits
from enrichment.synthetic import reach
from enrichment.synthetic.names import company_name, family_name, person_name
from enrichment.synthetic.world import World, key, shares
from parties.filing.places import place_key

PARTIES, CONTACTS, ADDRESSES, HOMES = 1, 2, 3, 4
# twelve people are five families
_FAMILIES = (0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 4)
# how often somebody was enriched
ENRICHED = (1, 0, 1, 1, 0, 1, 0, 2, 0, 1, 0, 1, 0, 1, 0, 1)
_CNPJ_WEIGHTS = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
_CITIES = (
    *((("Sao Paulo", "SP", "04"),) * 5), ("Campinas", "SP", "13"), ("Rio de Janeiro", "RJ", "22"),
    ("Rio de Janeiro", "RJ", "20"), ("Belo Horizonte", "MG", "30"), ("Curitiba", "PR", "80"),
    ("Porto Alegre", "RS", "90"), ("Brasilia", "DF", "70"), ("Salvador", "BA", "40"),
)  # fmt: skip
_STREETS = ["Rua das Acacias", "Avenida Brasil", "Rua dos Ipes", "Alameda Santos", "Rua Sete de Setembro", "Rua Bahia"]
_DISTRICTS = ["Centro", "Jardins", "Boa Vista", "Vila Nova", "Bela Vista", "Moinhos", "Lapa", "Tijuca"]
_JOBS = ["Engenheiro civil", "Medico clinico", "Advogado", "Administrador", "Professor", "Assistente administrativo"]
_MARITAL = ("Solteiro(a)", "Casado(a)", "Casado(a)", "Divorciado(a)")


class Human(NamedTuple):
    """One of the people, by number."""

    number: int
    dice: int
    name: str
    family: int


class _Home(NamedTuple):
    street: str
    number: str
    city: str
    state: str
    cep: str
    complement: str = ""


def family_of(number: int) -> int:
    return number // 12 * 5 + _FAMILIES[number % 12]


def human(world: World, number: int) -> Human:
    family = family_of(number)
    dice = world.dice(number, 1)
    return Human(number, dice, person_name(dice, family_name(world.dice(family, 2))), family)


def cpf(world: World, number: int) -> str:
    return with_check_digits(world.scattered(number, 9))


def cnpj(world: World, number: int) -> str:
    digits = [*map(int, world.scattered(number, 8)), 0, 0, 0, 1]
    for weights in (_CNPJ_WEIGHTS[1:], _CNPJ_WEIGHTS):
        digits.append(-sum(d * w for d, w in zip(digits, weights, strict=True)) % 11 % 10)
    return "".join(map(str, digits))


def person_key(world: World, number: int) -> str:
    return key(PARTIES, world.moment(number, world.counts.people), number)


def company_key(world: World, number: int) -> str:
    return key(PARTIES, world.moment(number, world.counts.companies), world.counts.people + number)


def employer(world: World, number: int) -> int:
    return world.dice(number, 3) % world.counts.companies


def enrichments_each(world: World) -> Iterator[int]:
    return shares(world.counts.enrichments, world.counts.people, ENRICHED)


def party_rows(world: World) -> Iterator[str]:
    for number, enriched in enumerate(enrichments_each(world)):
        someone, since = human(world, number), world.moment(number, world.counts.people)
        at = f"{since + (world.end - since) * (someone.dice % 97 / 97):%Y-%m-%d %H:%M:%S}+00"
        state = f"t\t{at}" if enriched else "f\t\\N"
        yield (
            f"{person_key(world, number)}\tperson\t{cpf(world, number)}\t{someone.name}\t{someone.name.lower()}"
            f"\t{state}\t{{}}\t{since}\t{at}\n"
        )
    for number in range(world.counts.companies):
        since, name = world.moment(number, world.counts.companies), company_name(world.dice(number, 4))[0]
        yield (
            f"{company_key(world, number)}\tcompany\t{cnpj(world, number)}\t{name}\t{name.lower()}"
            f"\tf\t\\N\t{{}}\t{since}\t{since}\n"
        )


def person_rows(world: World) -> Iterator[str]:
    """Of people never enriched hardly more than the name is known."""
    for number, enriched in enumerate(enrichments_each(world)):
        dice = world.dice(number, 5)
        born = f"{1945 + dice % 58}-{1 + (dice >> 8) % 12:02}-{1 + (dice >> 16) % 28:02}" if enriched else r"\N"
        mother = human(world, number + 1).name if enriched else ""
        marital, job = (_MARITAL[dice >> 24 & 3], _JOBS[(dice >> 28) % len(_JOBS)]) if enriched else ("", "")
        sex = ("F", "M")[dice >> 32 & 1] if enriched else ""
        yield f"{person_key(world, number)}\t{born}\t{sex}\t{mother}\t\t{marital}\t\t\t\t{job}\t\n"


def company_rows(world: World) -> Iterator[str]:
    for number in range(world.counts.companies):
        legal, trade = company_name(world.dice(number, 4))
        yield f"{company_key(world, number)}\t{legal}\t{trade}\t\t\n"


def contact_rows(world: World) -> Iterator[str]:
    counts = world.counts
    of_people = counts.contacts * 4 // 5
    serial = 0
    for number, most in enumerate(shares(of_people, counts.people, reach.OF_A_PERSON)):
        someone = human(world, number)
        reached = reach.of_person(
            world, number, someone.name, family=someone.family, employer=employer(world, number), most=most
        )
        for row in _contacts(world, person_key(world, number), reached, serial):
            yield row
            serial += 1
    for number, most in enumerate(shares(counts.contacts - of_people, counts.companies, reach.OF_A_COMPANY)):
        name = company_name(world.dice(number, 4))[1]
        for row in _contacts(
            world, company_key(world, number), reach.of_company(world, number, name, most=most), serial
        ):
            yield row
            serial += 1


def _contacts(world: World, owner: str, reached: Iterator[reach.Reached], serial: int) -> Iterator[str]:
    """The first phone and the first e-mail are the ones to use first."""
    families = set[bool]()
    for offset, (kind, value, operator) in enumerate(reached):
        since, by_mail = world.moment(serial + offset, world.counts.contacts), kind == "email"
        first = "f" if by_mail in families else "t"
        families.add(by_mail)
        yield (
            f"{key(CONTACTS, since, serial + offset)}\t{owner}\t{kind}\t{value}\t{first}\tf\twork_api\t0.80"
            f"\t{operator}\t\t{since}\t{since}\n"
        )


def address_rows(world: World) -> Iterator[str]:
    """One home per family; its CEP is its own, so no two are one place."""
    for family in range(family_of(world.counts.people - 1) + 1):
        dice, since = world.dice(family, 6), world.moment(family, world.counts.people)
        city, state, region = _CITIES[dice % len(_CITIES)]
        home = _Home(
            street=_STREETS[(dice >> 8) % len(_STREETS)],
            number=str(1 + (dice >> 16) % 3000 + family // 10**6 * 3000),
            city=city,
            state=state,
            cep=region + world.scattered(family, 6),
        )
        district = _DISTRICTS[dice >> 40 & 7]
        yield (
            f"{key(ADDRESSES, since, family)}\t{home.street}\t{home.number}\t\t{district}\t{city}\t{state}\t{home.cep}"
            f"\t{place_key(home)}\t{since}\n"
        )


def home_rows(world: World) -> Iterator[str]:
    for number, enriched in enumerate(enrichments_each(world)):
        if enriched:
            since, family = world.moment(number, world.counts.people), family_of(number)
            home = key(ADDRESSES, world.moment(family, world.counts.people), family)
            yield f"{key(HOMES, since, number)}\t{person_key(world, number)}\t{home}\tt\twork_api\t{since}\n"
