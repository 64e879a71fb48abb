"""A predecessor's database full of dirt, and what has to become of it: known because the dirt was made from it."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.utils import timezone

from enrichment.sandbox.digits import with_check_digits
from tests.web_server import database_url

SCHEMA = Path(__file__).with_name("schema.sql").read_text()
NOW = timezone.now().replace(microsecond=0)
LONG_AGO = NOW - timedelta(days=300)
Rows = dict[str, list[dict[str, Any]]]


@contextmanager
def database(name: str = "legacy", schema: str = SCHEMA) -> Iterator[str]:
    """A database of its own beside the tests' one; its address."""
    name = f"{name}_{uuid4().hex[:8]}"
    server = database_url()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    here = server.replace(psycopg.conninfo.conninfo_to_dict(server)["dbname"], name)  # type: ignore[arg-type]
    try:
        with psycopg.connect(here) as connection:
            connection.execute(schema)
        yield here
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'drop database "{name}" with (force)')


def fill(dsn: str, rows: Rows) -> None:
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        for table, told in rows.items():
            columns = list(told[0]) if told else []
            with cursor.copy(f"copy {table} ({', '.join(columns)}) from stdin") as copy:
                for row in told:
                    copy.write_row([json.dumps(v) if isinstance(v, dict) else v for v in row.values()])
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("analyze")


@dataclass(slots=True)
class Human:
    """Somebody true, of whom the predecessor had several rows and spellings."""

    cpf: str
    name: str
    mother: str
    birth: str
    phones: list[str]
    email: str
    ids: list[UUID] = field(default_factory=list)


@dataclass(slots=True)
class Expected:
    """By table, what has to stand there; each party's id is the smallest of its rows'."""

    parties: set[tuple[Any, ...]] = field(default_factory=set)
    contacts: set[tuple[Any, ...]] = field(default_factory=set)
    enriched: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    homes: set[tuple[Any, ...]] = field(default_factory=set)
    owned: set[tuple[Any, ...]] = field(default_factory=set)
    ties: set[tuple[Any, ...]] = field(default_factory=set)
    refused: set[tuple[str, str]] = field(default_factory=set)


class World:
    def __init__(self, people: int, seed: int = 7) -> None:
        self._dice = random.Random(seed)
        self.rows: Rows = defaultdict(list)
        self.expected = Expected()
        self.humans = [self._human(number) for number in range(people)]
        for number, human in enumerate(self.humans):
            self._parties(number, human)
            self._contacts(number, human)
            self._enrichments(number, human)
            self._home(number, human)
            self._company(number, human)
        self._lost()

    def _id(self) -> UUID:
        return UUID(int=self._dice.getrandbits(128), version=4)

    def _human(self, number: int) -> Human:
        name = f"PESSOA {'ABCDEFGHIJ'[number % 10]} DE TAL {number}"
        phones = [f"+5511{9 * 10**8 + 10_000_000 + 7 * number + 3 * 10**7 * k}" for k in range(2)]
        return Human(
            with_check_digits(f"{number * 31 + 1001:09d}"), name, f"MAE DE TAL {number}", f"19{60 + number % 40}-03-14",
            phones, f"pessoa.{number}@example.com",
        )  # fmt: skip

    def _parties(self, number: int, human: Human) -> None:
        """Every fifth person stands there three times, each time with something else missing."""
        human.ids = sorted(self._id() for _ in range(3 if number % 5 == 0 else 1))
        for nth, party_id in enumerate(human.ids):
            spelled = (human.cpf, f"{human.cpf[:3]}.{human.cpf[3:6]}.{human.cpf[6:9]}-{human.cpf[9:]}",
                f" {human.cpf} ", human.cpf.lstrip("0").zfill(9))[(number + nth) % 4]  # fmt: skip
            first, last = nth == 0, nth == len(human.ids) - 1
            self.rows["core.parties"].append(
                {
                    "id": party_id, "party_type": ("person", "PF", "pessoa fisica?", None)[number % 4],
                    "cpf_cnpj": spelled, "full_name": human.name if last else "", "sex": ("F", "", None)[number % 3],
                    "mother_name": human.mother if first else None, "enriched": True, "created_at": LONG_AGO,
                    "birth_date": human.birth if last else None, "updated_at": "infinity" if number % 7 == 0 else NOW,
                }
            )  # fmt: skip
        sex = ("female", "", "")[number % 3]
        self.expected.parties.add((human.ids[0], "person", human.cpf, human.name, human.mother, human.birth, sex))

    def _contacts(self, number: int, human: Human) -> None:
        one, two = human.phones
        spellings = (one, one[1:], one[3:], f"({one[3:5]}) {one[5:10]}-{one[10:]}", f"0{one[3:]}")
        told = [
            ("phone", spellings[number % 5], False, False, None),
            ("phone", spellings[(number + 2) % 5], False, True, None),
            ("whatsapp" if number % 2 else "phone", two, number % 3 == 0, False, None),
            ("email", human.email.upper() if number % 2 else human.email, False, False, None),
            ("phone", "11 99999-9999", False, False, "fake: all_digits_equal"),
            ("phone", "12", False, False, "too_short"),
        ]
        for kind, value, primary, verified, why in told:
            key = self._id()
            self._contact(key, self._dice.choice(human.ids), kind, value, primary, verified)
            if why:
                self.expected.refused.add((str(key), why))
        # nobody says which phone comes first: the one with WhatsApp, and where there is none the one filed first
        mine = [row for row in self.rows["core.party_contacts"][-6:-2] if row["contact_type"] != "email"]
        second = number % 3 == 0 or number % 2 == 1 or min(mine, key=lambda row: row["contact_id"]) is mine[2]
        kind = "whatsapp" if number % 2 else "phone"
        self.expected.contacts |= {
            (human.ids[0], "phone", one, not second, True),
            (human.ids[0], kind, two, second, False),
            (human.ids[0], "email", human.email, True, False),
        }

    def _contact(self, key: UUID, party: UUID, kind: str, value: str, primary: bool, verified: bool) -> None:
        self.rows["core.party_contacts"].append(
            {
                "contact_id": key, "party_id": party, "contact_type": kind, "value": value, "is_primary": primary,
                "is_verified": verified, "is_whatsapp": None, "source": "diretrix", "created_at": NOW,
            }
        )  # fmt: skip

    def _enrichments(self, number: int, human: Human) -> None:
        payload = {
            "DadosBasicos": {"nome": human.name, "cpf": human.cpf, "estadoCivil": "Casado(a)"},
            "DadosEconomicos": {"renda": f"{1000 + number},50"},
            "vacinas": [{"vacina": "SEGREDO"}],
            "telefones": [{"telefone": human.phones[0], "operadora": "OI", "sigiloso": "SEGREDO"}],
        }
        stranger = payload | {"DadosBasicos": {"nome": "OUTRA PESSOA", "cpf": with_check_digits("123456789")}}
        told: list[tuple[Any, Any, str]] = [
            ((payload, {}), (None, payload), (payload, None), ({"data": payload}, {}))[number % 4] + ("",),
            *([(stranger, {}, "about somebody else")] if number % 6 == 0 else []),
            *([({}, {}, "nothing in it may be kept")] if number % 9 == 0 else []),
        ]
        for raw, normalized, why in told:
            key = self._id()
            self.rows["core.party_enrichments"].append(
                {
                    "enrichment_id": key, "party_id": self._dice.choice(human.ids), "provider": "work_api",
                    "raw_payload": raw, "normalized_data": normalized, "enriched_at": LONG_AGO,
                }
            )  # fmt: skip
            if why:
                self.expected.refused.add((str(key), why))
            else:
                self.expected.enriched[human.ids[0]] += 1

    def _home(self, number: int, human: Human) -> None:
        """Two rows of one place, spelled differently; both people of a pair live there and own the same flat."""
        house = number // 2
        street = ("Rua das Acácias", "R DAS ACACIAS")[number % 2]
        address, flat = self._id(), self._id()
        self.rows["core.addresses"].append(
            {"id": address, "street": street, "number": str(house), "city": "São Paulo", "state": "sp",
             "zip_code": "04101-000"}
        )  # fmt: skip
        self.rows["core.party_addresses"].append(
            {"id": self._id(), "party_id": human.ids[-1], "address_id": address, "is_primary": None,
             "is_current": True, "updated_at": NOW}
        )  # fmt: skip
        self.expected.homes.add((human.ids[0], str(house), "04101000", True))
        self.rows["core.real_estate_properties"].append(
            {"id": flat, "iptu_number": f"IPTU-{house}", "city": "São Paulo", "area_m2": "NaN" if house % 3 else 80}
        )
        self.rows["core.property_ownerships"].append(
            {"id": self._id(), "property_id": flat, "party_id": human.ids[-1], "share": (50, 0.5)[number % 2]}
        )
        self.expected.owned.add((human.ids[0], f"IPTU-{house}", "0.5000"))

    def _company(self, number: int, human: Human) -> None:
        if number % 4:
            return
        company, cnpj = self._id(), f"{number * 13 + 11222333:08d}0001"
        cnpj += _check_digits(cnpj)
        self.rows["core.parties"].append(
            {"id": company, "party_type": "company", "cpf_cnpj": None, "full_name": "", "sex": None,
             "mother_name": None, "enriched": False, "created_at": NOW, "birth_date": None, "updated_at": NOW}
        )  # fmt: skip
        name = f"Padaria {number} Ltda"
        self.rows["core.companies"].append({"party_id": company, "legal_name": name, "cnpj": cnpj})
        self.expected.parties.add((company, "company", cnpj, name, None, None, None))
        ends = [human.ids[-1], company]
        here, there = ends if number % 8 else reversed(ends)
        self.rows["core.party_relationships"].append(
            {"id": self._id(), "from_party_id": here, "to_party_id": there, "relationship_type": "Sócio-Administrador"}
        )
        self.expected.ties.add((human.ids[0], company, "partner", "Sócio-Administrador"))

    def _lost(self) -> None:
        """Rows that point at nobody, and somebody who is neither a person nor a company."""
        odd, mistyped, orphan, contact = (self._id() for _ in range(4))
        nobody = self.rows["core.parties"][-1] | {"cpf_cnpj": None, "mother_name": "", "birth_date": None, "sex": None}
        self.rows["core.parties"] += [
            nobody | {"id": odd, "party_type": "lead"},
            nobody | {"id": mistyped, "party_type": "person", "cpf_cnpj": "111.444.777-00", "full_name": "ERRADA"},
        ]
        self.expected.parties.add((mistyped, "person", None, "ERRADA", "", None, ""))
        self.rows["core.people"].append({"party_id": orphan, "full_name": "NINGUEM"})
        self._contact(contact, orphan, "phone", "11987654321", False, False)
        self.expected.refused |= {
            (str(odd), "neither a person nor a company"),
            (str(mistyped), "came in without its document: check_digits"), (str(orphan), "there is no such party"),
            (str(contact), "its party is not here"),
        }  # fmt: skip


def _check_digits(twelve: str) -> str:
    digits = [int(digit) for digit in twelve]
    for weights in ((5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)):
        digits.append(-sum(d * w for d, w in zip(digits, weights, strict=True)) % 11 % 10)
    return "".join(map(str, digits[12:]))
