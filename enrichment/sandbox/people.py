import re
from dataclasses import replace
from datetime import date
from threading import Lock
from typing import Any

from enrichment.sandbox.dice import Dice
from enrichment.sandbox.digits import FACTOR, SHIFT, cpf_of_mobile, is_cpf, national, with_check_digits
from enrichment.sandbox.exchange import Refusal
from enrichment.sandbox.person import Person, made_up, some_cpf
from enrichment.sandbox.vocabulary import FAMILIES

PEOPLE_BEHIND = {"00": 0, "01": 2, "02": 3, "03": 4, "04": 6, "05": 8, "09": 12}

PHONE_RULES = {
    "00": "nobody (404; a phone ending in 000: 400)",
    "01": "2 people",
    "02": "3 people",
    "03": "4 people",
    "04": "6 people",
    "05": "8 people",
    "06": "one person and a company (14 digits) among the answers",
    "07": "one person and one with a wrong check digit",
    "08": "one person whose CPF begins with zeros, which Diretrix leaves out",
    "09": "12 people: an agency's phone",
}
EMAIL_RULES = {
    "ninguem…@": "nobody (404; ninguem.lista…@: an empty list)",
    "casal…@": "two people",
    "imobiliaria…@": "12 people",
    "….<10 or 11 digits>@": "the person of that phone, so the two agree (cliente.11987650021@example.com)",
}


class People:
    """Who stands behind a phone, an e-mail, a CPF or a name: registered people first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._registered: dict[str, Person] = {}
        self._met: dict[str, Person] = {}
        self._by_contact: dict[str, list[str]] = {}
        self._by_name: dict[str, list[str]] = {}

    def clear(self) -> None:
        with self._lock:
            for shelf in (self._registered, self._met, self._by_contact, self._by_name):
                shelf.clear()

    def add(self, **fields: Any) -> Person:
        """Keys: any field of Person; without a cpf it follows from the first phone, e-mail or the name."""
        unknown = fields.keys() - Person.__dataclass_fields__.keys()
        if unknown:
            raise Refusal(400, f"A person has no {sorted(unknown)}; it has {list(Person.__dataclass_fields__)}.")
        fields = {key: _typed(key, value) for key, value in fields.items()}
        cpf = fields.setdefault("cpf", _cpf_from(fields))
        person = replace(made_up(cpf), **{"trait": "", "unknown_to": (), **fields})
        with self._lock:
            self._registered[cpf] = person
            for contact in (*person.phones, *map(str.lower, person.emails)):
                self._by_contact.setdefault(contact, []).append(cpf)
            self._by_name.setdefault(person.name, []).append(cpf)
        return person

    def by_cpf(self, cpf: str) -> Person | None:
        digits = re.sub(r"\D", "", cpf).zfill(11)
        with self._lock:
            known = self._registered.get(cpf) or self._registered.get(digits) or self._met.get(digits)
        return known or (made_up(digits) if is_cpf(digits) else None)

    def by_phone(self, phone: str) -> list[Person]:
        number = national(phone)
        if number is None:
            return []
        return self._filed(self._by_contact, number) or self._behind_phone(number)

    def by_email(self, email: str) -> list[Person]:
        wanted = email.strip().lower()
        return self._filed(self._by_contact, wanted) or self._behind_email(wanted)

    def by_name(self, name: str) -> list[Person]:
        wanted = " ".join(name.upper().split())
        return self._filed(self._by_name, wanted) or [self._meet(some_cpf(f"name:{wanted}"), name=wanted)]

    def by_seed(self, seed: str, count: int = 2) -> list[Person]:
        return [self._meet(some_cpf(f"{seed}#{index}")) for index in range(count)]

    def _filed(self, shelf: dict[str, list[str]], key: str) -> list[Person]:
        with self._lock:
            return [self._registered[cpf] for cpf in dict.fromkeys(shelf.get(key, ()))]

    def _behind_phone(self, number: str) -> list[Person]:
        ending = number[-2:]
        count = PEOPLE_BEHIND.get(ending, 1)
        cpfs = [_cpf_of_phone(number), *(some_cpf(f"{number}#{index}") for index in range(1, count))]
        people = [self._meet(cpf, phone=number) for cpf in cpfs[:count]]
        return [*_strays(number), *people]

    def _behind_email(self, email: str) -> list[Person]:
        if email.startswith("ninguem"):
            return []
        phone = re.search(r"\.(\d{10,11})@", email)
        number = phone and national(phone.group(1))
        if number:
            return [self._meet(_cpf_of_phone(number), phone=number, email=email)]
        count = 12 if email.startswith("imobiliaria") else 2 if email.startswith("casal") else 1
        return [self._meet(some_cpf(f"{email}#{index}"), email=email) for index in range(count)]

    def _meet(self, cpf: str, *, phone: str = "", email: str = "", name: str = "") -> Person:
        """Remembers by which contact a made-up person was reached, so that the profile shows it."""
        with self._lock:
            if cpf in self._registered:
                return self._registered[cpf]
            person = (self._met.get(cpf) or made_up(cpf)).reached_by(phone, email)
            person = replace(person, name=name) if name else person
            self._met[cpf] = person
            return person


def _typed(key: str, value: Any) -> Any:
    """JSON knows neither tuples nor dates."""
    if key == "phones":
        return tuple(national(phone) or phone for phone in value)
    if key in ("emails", "unknown_to"):
        return tuple(value)
    return date.fromisoformat(value) if key == "birth_date" and isinstance(value, str) else value


def _cpf_from(fields: dict[str, Any]) -> str:
    phones, emails = fields.get("phones", ()), fields.get("emails", ())
    number = national(phones[0]) if phones else None
    return _cpf_of_phone(number) if number else some_cpf((*emails, str(fields.get("name")))[0])


def _cpf_of_phone(number: str) -> str:
    if len(number) == 10:
        return some_cpf(number)
    if number.endswith("08"):
        return _cpf_with_leading_zeros(number)
    return cpf_of_mobile(number)


def _cpf_with_leading_zeros(seed: str) -> str:
    dice = Dice(seed)
    # The last two mixed digits stand for an ordinary ending, so that no trait comes along.
    ending = (dice.number("ending", 20, 99) * FACTOR + SHIFT) % 100
    return with_check_digits(f"00{dice.code('middle', 4)}{ending:02d}{dice.number('area', 0, 9)}")


def _strays(number: str) -> list[Person]:
    """What a real answer holds besides people: a company, a mistyped CPF."""
    dice = Dice(number)
    if number.endswith("06"):
        return [Person("11222333000181", f"IMOVEIS {dice.pick('company', FAMILIES)} LTDA", phones=(number,))]
    if number.endswith("07"):
        cpf = some_cpf(f"{number}#wrong")
        wrong = cpf[:10] + str((int(cpf[10]) + 1) % 10)
        return [Person(wrong, made_up(cpf).name, phones=(number,))]
    return []
