"""What was asked, checked: each refusal names the field and says what was expected."""

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, NoReturn, TypeVar

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from rest_framework.request import Request

from c2s_enrich.errors import Refusal
from enrichment.lookup import Asked, Question
from parties.fakes import fake_email, fake_phone
from parties.identifiers import CNPJ, CPF, Email, Phone, Refused
from parties.search import searched_words

K = TypeVar("K", CPF, CNPJ, Email, Phone)

UUID_IN_PATH = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
IDENTIFIERS = ("cpf", "email", "phone", "name")
EXPECTED = {"cpf": "a CPF (eleven digits)", "email": "an e-mail address", "phone": "a phone with its area code"}
# who writes a number as a number means the same
_WRITTEN: dict[str, tuple[type, ...]] = {"cpf": (str, int), "email": (str,), "phone": (str, int), "name": (str,)}
LONGEST = 512
MOST = 100
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def refuse(field: str, expected: str, status: int = 400, code: str = "invalid") -> NoReturn:
    raise Refusal(status, f"`{field}`: {expected}", code, details={field: expected})


def question_of(given: Mapping[str, Any]) -> Question:
    """A CPF decides alone: whoever has another one is somebody else. Else e-mail, phone and name, in this order."""
    for field, kinds in _WRITTEN.items():
        if (value := given.get(field)) is not None and (isinstance(value, bool) or not isinstance(value, kinds)):
            refuse(field, f"expected {EXPECTED.get(field, 'text')}")
    if not any(_is_given(given.get(field)) for field in IDENTIFIERS):
        raise Refusal(
            400,
            "Say who is meant: one of `cpf`, `email`, `phone` or `name`.",
            "invalid",
            details=dict.fromkeys(IDENTIFIERS, "one of these four is needed"),
        )
    if _is_given(given.get("cpf")):
        return Question((parsed(CPF, "cpf", given["cpf"], EXPECTED["cpf"]),))
    contacts = tuple(_contacts(given))
    return Question(contacts, _name(given.get("name"), alone=not contacts))


def text_in(request: Request, field: str) -> str:
    """A parameter of the query, trimmed; empty where there is none."""
    value: str = request.query_params.get(field, "").strip()
    if _UNSTORABLE.search(value) or len(value) > LONGEST:
        refuse(field, f"expected text of at most {LONGEST} characters")
    return value


def state_in(request: Request) -> str:
    value = text_in(request, "state")
    if value and not re.fullmatch("[A-Za-z]{2}", value):
        refuse("state", "expected a state's two letters")
    return value


def identifier_in(request: Request, field: str, kind: type[K]) -> K | None:
    value = text_in(request, field)
    return parsed(kind, field, value, EXPECTED[field]) if value else None


def name_in(request: Request) -> str:
    return _name(text_in(request, "name"), alone=True)


def choice_in(request: Request, field: str, allowed: list[str]) -> str:
    value = text_in(request, field)
    if value and value not in allowed:
        refuse(field, f"expected one of {', '.join(allowed)}")
    return value


def limit_in(request: Request, *, default: int = 50) -> int:
    value = text_in(request, "limit") or str(default)
    if not (value.isascii() and value.isdecimal() and len(value) < 9 and 1 <= int(value) <= MOST):
        refuse("limit", f"expected a whole number from 1 to {MOST}")
    return int(value)


def moment_in(request: Request, field: str, *, end_of_day: bool = False) -> datetime | None:
    """A day in our time zone, or a moment; one without a zone is in ours."""
    value = text_in(request, field)
    if not value:
        return None
    try:
        return _moment(value, end_of_day)
    except (ValueError, OverflowError):
        refuse(field, "expected a date (2026-03-01) or a time (2026-03-01T10:00:00-03:00)")


def parsed(kind: type[K], field: str, value: Any, expected: str) -> K:
    read = kind.parse(value)
    if isinstance(read, Refused):
        refuse(field, f"expected {expected}. {read.sentence}")
    return read


def flag(given: Mapping[str, Any], field: str) -> bool:
    value = given.get(field, False)
    if not isinstance(value, bool):
        refuse(field, "expected true or false")
    return value


def _moment(value: str, end_of_day: bool) -> datetime:
    day = parse_date(value)
    if day is not None:
        midnight = timezone.make_aware(datetime.combine(day, time.min))
        return midnight + timedelta(days=1, microseconds=-1) if end_of_day else midnight
    at = parse_datetime(value.replace(" ", "+") if "T" in value else value)
    if at is None or not 1900 <= at.year <= 2200:
        raise ValueError(value)
    return at if timezone.is_aware(at) else timezone.make_aware(at)


def _is_given(value: Any) -> bool:
    return value is not None and (not isinstance(value, str) or bool(value.strip()))


def _contacts(given: Mapping[str, Any]) -> list[Asked]:
    """A placeholder is passed over where there is anything else to go by."""
    given_by: dict[str, Asked] = {}
    if _is_given(given.get("email")):
        given_by["email"] = parsed(Email, "email", given["email"], EXPECTED["email"])
    if _is_given(given.get("phone")):
        given_by["phone"] = parsed(Phone, "phone", given["phone"], EXPECTED["phone"])
    usable = [contact for contact in given_by.values() if not _is_fake(contact)]
    if given_by and not usable and not _is_given(given.get("name")):
        refuse(next(iter(given_by)), "this is a placeholder, nobody's own", 422, "refused")
    return usable


def _is_fake(contact: Asked) -> bool:
    if isinstance(contact, Phone):
        return fake_phone(contact) is not None
    return isinstance(contact, Email) and fake_email(contact) is not None


def _name(value: Any, *, alone: bool) -> str:
    if not _is_given(value):
        return ""
    if not isinstance(value, str) or _UNSTORABLE.search(value) or len(value) > LONGEST:
        refuse("name", f"expected text of at most {LONGEST} characters")
    says_something = bool(searched_words(value))
    if alone and not says_something:
        refuse("name", "expected a name: at least one word of two letters")
    return value.strip() if says_something else ""
