"""Made-up people and what sources tell of them."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from parties.facts import ContactFact, PersonFacts
from parties.identifiers import CNPJ, CPF, Email, Phone
from parties.merge import person_file
from parties.models import Party

NOON = datetime(2026, 3, 2, 15, tzinfo=UTC)
PHONE = "+5511987654321"
EMAIL = "marina.prado@example.com"


def later(days: float = 1) -> datetime:
    return NOON + timedelta(days=days)


def cpf(number: int = 529982247) -> CPF:
    """The CPF that begins with these nine digits."""
    digits = f"{number:09d}"
    for first in (10, 11):
        rest = sum(int(d) * w for d, w in zip(digits, range(first, 1, -1), strict=True)) * 10 % 11
        digits += str(rest % 10)
    return CPF(digits)


def cnpj(number: int = 11222333) -> CNPJ:
    """The CNPJ of the first branch of the company with this number."""
    digits = f"{number:08d}0001"
    for weights in ("543298765432", "6543298765432"):
        rest = sum(int(d) * int(w) for d, w in zip(digits, weights, strict=True)) % 11
        digits += "0" if rest < 2 else str(11 - rest)
    return CNPJ(digits)


def phone(number: int | str = PHONE, **marks: Any) -> ContactFact:
    value = number if isinstance(number, str) else f"+55119{80000000 + number}"
    return ContactFact(identifier=Phone(value, "BR"), **{"source": "work_api", **marks})


def email(value: str = EMAIL, **marks: Any) -> ContactFact:
    return ContactFact(identifier=Email(value), **{"source": "work_api", **marks})


def told(**facts: Any) -> PersonFacts:
    """What Work API might say of Marina, and nothing more than is given."""
    known = {"cpf": cpf(), "name": "MARINA ALVES PRADO", "source": "work_api", "told_at": NOON}
    return PersonFacts(**{**known, **facts})


def filed(**facts: Any) -> Party:
    """The record of Marina once this was filed, as the database has it."""
    return Party.objects.select_related("person").get(pk=person_file(facts=told(**facts)).pk)


def all_at_once(deeds: Iterable[Callable[[], Any]]) -> list[Any]:
    """Each in a thread and on a connection of its own, let go at the same moment; the first failure is raised."""
    waiting = list(deeds)
    start = threading.Barrier(len(waiting))

    def perform(deed: Callable[[], Any]) -> Any:
        start.wait(60)
        try:
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(waiting)) as threads:
        return list(threads.map(perform, waiting))
