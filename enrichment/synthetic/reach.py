"""Phones and e-mails: most are somebody's own, some a family's, a company's, or an agency's with a crowd."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from enrichment.synthetic.world import World

_AREAS = (*(["11"] * 6), *(["21"] * 3), "31", "31", "41", "51", "61", "71", "81", "85", "19", "19", "27", "48", "13")
_OPERATORS = ("VIVO", "CLARO", "TIM", "OI")
_DOMAINS = ("example.com", "example.com", "example.net", "example.org", "mail.example.com", "correio.example.org")
AGENCIES = 40

OWN, EMAIL, FAMILY, SECOND, WORK = "own", "email", "family", "second", "work"
EMAIL2, AGENCY, OLD = "email2", "agency", "old"
# in which order somebody's contacts came to be known; of most only the first one or two are
_HABITS = (
    *(((OWN, EMAIL, FAMILY, SECOND, WORK, EMAIL2, OLD),) * 9),
    *(((EMAIL, OWN, WORK, FAMILY, EMAIL2, SECOND, OLD),) * 4),
    *(((FAMILY, OWN, EMAIL, SECOND, EMAIL2, WORK, OLD),) * 3),
    *(((WORK, EMAIL, OWN, FAMILY, SECOND, EMAIL2, OLD),) * 2),
)
_AGENCY_HABIT = (AGENCY, OWN, EMAIL, FAMILY, SECOND, EMAIL2, OLD)
OF_A_PERSON = (1, 2, 1, 3, 2, 1, 0, 2, 4, 1, 2, 3, 1, 2, 1, 7, 2, 1, 0, 3)
OF_A_COMPANY = (1, 1, 2, 1, 0, 2, 1, 3, 1, 1)


class Reached(NamedTuple):
    kind: str
    value: str
    operator: str


def mobile(world: World, number: int, *, nth: int = 0) -> str:
    return f"+55{_area(world, number)}9{world.scattered(number * 4 + nth, 8)}"


def landline(world: World, number: int, *, nth: int = 0) -> str:
    return f"+55{_area(world, number)}3{world.scattered(number * 4 + nth + 1, 8)[1:]}"


def email(world: World, number: int, name: str, *, nth: int = 0) -> str:
    words = name.lower().split()
    domain = _DOMAINS[(world.dice(number, 9) + nth) % len(_DOMAINS)]
    return f"{words[0]}.{words[-1]}{'.pro' if nth else ''}.{number:x}@{domain}"


def of_person(world: World, number: int, name: str, *, family: int, employer: int, most: int) -> Iterator[Reached]:
    dice = world.dice(number, 8)
    habit = _AGENCY_HABIT if dice % 60 == 0 else _HABITS[(dice >> 8) % len(_HABITS)]
    operator = _OPERATORS[dice >> 16 & 3]
    for way in habit[:most]:
        match way:
            case "own":
                yield Reached("whatsapp" if dice & 1 else "phone", mobile(world, number), operator)
            case "email" | "email2":
                yield Reached("email", email(world, number, name, nth=way == EMAIL2), "")
            case "family":
                yield Reached("phone", landline(world, family), "")
            case "work":
                yield Reached("phone", company_phone(world, employer), "")
            case "agency":
                yield Reached("phone", agency_phone(world, dice), operator)
            case _:
                yield Reached("phone", mobile(world, number, nth=1 if way == SECOND else 2), operator)


def of_company(world: World, number: int, name: str, *, most: int) -> Iterator[Reached]:
    domain = "".join(name.lower().split()[:2])
    ways: Sequence[Reached] = (
        Reached("phone", company_phone(world, number), ""),
        Reached("email", f"contato@{domain}{number:x}.example.com", ""),
        Reached("phone", landline(world, number, nth=3), ""),
        Reached("email", f"financeiro@{domain}{number:x}.example.com", ""),
    )
    yield from ways[:most]


def company_phone(world: World, number: int) -> str:
    return f"+55{_area(world, number)}2{world.scattered(number * 4 + 2, 8)[1:]}"


def agency_phone(world: World, dice: int) -> str:
    """One agency has far more people behind its number than the others."""
    share = (dice >> 24 & 0xFFFF) / 0x10000
    return f"+5511940{int(AGENCIES * share**3):06d}"


def _area(world: World, number: int) -> str:
    return _AREAS[world.dice(number, 7) % len(_AREAS)]
