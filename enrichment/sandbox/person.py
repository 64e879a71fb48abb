from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from enrichment.sandbox.dice import Dice
from enrichment.sandbox.digits import AREA_CODES, cpf_of_mobile, is_cpf, mobile_of_cpf
from enrichment.sandbox.vocabulary import FAMILIES, MEN, PARTICLES, WOMEN

OLDEST_BIRTH = date(1945, 1, 1)
BIRTH_SPAN_DAYS = 57 * 365

TRAITS = {
    "10": ("unknown_to_work_api", "Diretrix knows the person, Work API says 404 inside HTTP 200"),
    "11": ("deceased", "obito is SIM, with a date"),
    "12": ("blank", "every section is one of null, empty text, SEM INFORMAÇÃO, {} or []"),
    "13": ("odd_types", "numbers come as text and text as numbers"),
    "14": ("no_income", "no income, no score, no purchasing power"),
    "15": ("old_mobiles", "mobiles still without their ninth digit"),
    "16": ("crowded", "dozens of phones, e-mails and addresses: a long message"),
    "17": ("owner", "four companies, one with an alphanumeric CNPJ"),
    "18": ("exposed", "a politically exposed person with every mark of wealth"),
}


@dataclass(frozen=True, slots=True)
class Person:
    cpf: str
    name: str
    sex: str = "F"
    birth_date: date = OLDEST_BIRTH
    mother: str = ""
    father: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    trait: str = ""
    unknown_to: tuple[str, ...] = ()
    sections: Mapping[str, Any] = field(default_factory=dict)  # replace the made-up ones of Work API
    entire: bool = False  # the sections given are the whole profile

    def reached_by(self, phone: str = "", email: str = "") -> "Person":
        phones, emails = self.phones, self.emails
        if phone and phone not in phones:
            phones = (phone, *(known for known in phones if known[-8:] != phone[-8:]))
        if email and email not in emails:
            emails = (email, *emails)
        return replace(self, phones=phones, emails=emails)


def made_up(cpf: str) -> Person:
    """The same CPF always gives the same person; other documents give somebody as well."""
    dice = Dice(cpf)
    mobile = mobile_of_cpf(cpf) if is_cpf(cpf) else some_mobile(cpf)
    sex = dice.pick("sex", ("F", "M"))
    name = _full_name(dice, WOMEN if sex == "F" else MEN)
    trait = TRAITS.get(mobile[-2:], ("", ""))[0]
    return Person(
        cpf=cpf,
        name=name,
        sex=sex,
        birth_date=OLDEST_BIRTH + timedelta(days=dice.number("birth", 0, BIRTH_SPAN_DAYS)),
        mother=f"{dice.pick('mother', WOMEN)} {name.split()[1]}",
        father=f"{dice.pick('father', MEN)} {name.split()[-1]}",
        phones=(mobile,),
        emails=(_own_email(name, mobile),),
        trait=trait,
        unknown_to=("work_api",) if trait == "unknown_to_work_api" else (),
    )


def some_mobile(seed: str) -> str:
    """A mobile that follows from the seed; its ending is an ordinary one, 20 to 99."""
    dice = Dice(seed)
    head, ending = dice.number("head", 870_000, 999_999), dice.number("ending", 20, 99)
    return f"{dice.pick('area', AREA_CODES)}9{head}{ending}"


def some_cpf(seed: str) -> str:
    return cpf_of_mobile(some_mobile(seed))


def _full_name(dice: Dice, first_names: tuple[str, ...]) -> str:
    first = dice.pick("first", first_names)
    middle, last = dice.pick("middle", FAMILIES), dice.pick("last", FAMILIES)
    particle = dice.pick("particle", PARTICLES)
    return f"{first} {middle} {particle}{last}"


def _own_email(name: str, mobile: str) -> str:
    words = name.lower().split()
    return f"{words[0]}.{words[-1]}.{mobile}@example.com"
