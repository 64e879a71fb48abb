"""Diretrix: phone or e-mail → the CPFs behind it, CPF → person. Paid per call."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone

from enrichment.providers.diretrix.mapping import PROVIDER, facts_of
from enrichment.providers.diretrix.schemas import Found, is_people, people_in, person_document
from enrichment.providers.errors import BadPayload
from enrichment.providers.exchange import exchange
from enrichment.providers.http import Door
from enrichment.providers.reading import rows
from enrichment.providers.statuses import refusal_inside, status_inside
from parties.facts import PersonFacts
from parties.identifiers import CPF, Email, Phone

CONNECT_TIMEOUT, READ_TIMEOUT = 3.0, 10.0
LONGEST = CONNECT_TIMEOUT + READ_TIMEOUT
NOBODY_KNOWN = frozenset({400, 404})

T = TypeVar("T")


def people_by_phone(phone: Phone) -> list[Found]:
    """Only a Brazilian number has a national form to ask by: a foreign one is nobody here."""
    return _ask("phone", f"Telefone/{phone.national}", people_in) if phone.national else []


def people_by_email(email: Email) -> list[Found]:
    return _ask("email", f"Email/{quote(email.value, safe='')}", people_in)


def person_by_cpf(cpf: CPF) -> PersonFacts | None:
    return _ask("cpf", cpf.value, lambda body: _person(body, cpf))


def _ask(operation: str, path: str, read: Callable[[Any], T]) -> T:
    with exchange(PROVIDER, operation, timeout=LONGEST, price=settings.PRICE_DIRETRIX) as noted:
        answer = door().call("GET", f"/Consultas/Pessoa/{path}", normal=NOBODY_KNOWN)
        noted.status = answer.status
        found = read([] if answer.status in NOBODY_KNOWN else _expected(answer.json()))
        noted.nobody = not found
        return found


def _expected(body: Any) -> Any:
    if status_inside(body) in NOBODY_KNOWN:
        return []
    if refusal := refusal_inside(PROVIDER, body):
        raise refusal
    if not is_people(body):
        raise BadPayload(PROVIDER, "the answer tells of no people", status=200)
    return body


def _person(body: Any, cpf: CPF) -> PersonFacts | None:
    told = list(rows(body))
    own = [row for row in told if person_document(row.get("cpf")) == cpf.value]
    if told and not own:
        raise BadPayload(PROVIDER, "the answer is about somebody else", status=200)
    return facts_of(own[0], cpf=cpf, told_at=timezone.now()) if own else None


@lru_cache
def door() -> Door:
    return Door(
        provider=PROVIDER,
        base_url=settings.DIRETRIX_BASE_URL,
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        auth=(settings.DIRETRIX_USER, settings.DIRETRIX_PASS),
    )
