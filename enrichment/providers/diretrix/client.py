"""Diretrix: phone or e-mail → the CPFs behind it. Paid per call."""

from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.conf import settings

from enrichment.providers.diretrix.schemas import Found, people_in
from enrichment.providers.errors import BadPayload
from enrichment.providers.exchange import exchange
from enrichment.providers.http import Door
from parties.identifiers import CPF, Email, Phone

PROVIDER = "diretrix"
CONNECT_TIMEOUT, READ_TIMEOUT = 3.0, 10.0
NOBODY_KNOWN = frozenset({400, 404})


def people_by_phone(phone: Phone) -> list[Found]:
    """Only a Brazilian number has a national form to ask by: a foreign one is nobody here."""
    return _people("phone", f"/Consultas/Pessoa/Telefone/{phone.national}") if phone.national else []


def people_by_email(email: Email) -> list[Found]:
    return _people("email", f"/Consultas/Pessoa/Email/{quote(email.value, safe='')}")


def people_by_cpf(cpf: CPF) -> list[Found]:
    return _people("cpf", f"/Consultas/Pessoa/{cpf.value}")


def _people(operation: str, path: str) -> list[Found]:
    with exchange(PROVIDER, operation, price=settings.PRICE_DIRETRIX) as noted:
        answer = door().call("GET", path, normal=NOBODY_KNOWN)
        noted.status = answer.status
        found = [] if answer.status in NOBODY_KNOWN else people_in(_expected(answer.json()))
        noted.nobody = not found
        return found


def _expected(body: Any) -> Any:
    if not isinstance(body, list | dict):
        raise BadPayload(PROVIDER, "the answer is neither a list nor an object", status=200)
    return body


@lru_cache
def door() -> Door:
    return Door(
        provider=PROVIDER,
        base_url=settings.DIRETRIX_BASE_URL,
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        auth=(settings.DIRETRIX_USER, settings.DIRETRIX_PASS),
    )
