"""Who may read documents and contacts in clear, and how they look to everybody else."""

import re
from typing import Any, Protocol

from django.db.models import QuerySet, Value
from django.http import HttpRequest

from parties.documents import CPF_LENGTH
from parties.identifiers import Refused, document, phone_or_email

PERMISSION = "parties.view_document_in_clear"

# what a run of digits may be without being anybody's number
HARMLESS = r"""
    \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b       # our own ids
  | \b(?:ref:)?(?=[0-9]*[a-f])[0-9a-f]{16,}\b             # the CRM's ids, fingerprints
  | (?<!\d)\d{4}-\d{2}-\d{2}(?!\d)(?:[T ][\d:.]+(?:[+-]\d{2}:?\d{2}(?!\d)|Z)?)?
  | (?<!\d)\d{2}/\d{2}/\d{4}(?!\d)
  | R\$\s*(?:\d{1,3}(?:\.\d{3})+|\d{1,9})(?:,\d{2})?(?![\d.,]*\d)
  | (?<!\d)\d{5}-\d{3}(?!\d)                              # CEP
"""
ADDRESS = r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+"
# however a number is taken apart: also by what cannot be seen, or by the end of a line
_APART = r"[\s\u200b-\u200d\u2060\ufeff\u2010-\u2015·_.,:;/()-]{0,3}"
_OF_A_CPF = rf"(?<!\d)\d{{3}}{_APART}\d{{3}}{_APART}\d{{3}}{_APART}\d{{2}}(?!\d)"
_OF_A_PHONE = rf"(?<!\d)(?:\+?55{_APART})?\(?\d{{2}}{_APART}9?\d{{4}}{_APART}\d{{4}}(?!\d)"
NUMBER = rf"{_OF_A_CPF}|{_OF_A_PHONE}|\+?\(?\d(?:[ \t().\-/]{{0,3}}\d){{7,}}"
TELLING = re.compile(rf"(?P<harmless>{HARMLESS})|(?P<address>{ADDRESS})|(?P<number>{NUMBER})", re.VERBOSE)

SECRETS = re.compile(r"(?:^|[_-])(?:key|token|secret|password|senha)$", re.IGNORECASE)
HIDDEN = "***"


class _User(Protocol):
    def has_perm(self, perm: str, obj: Any = None, /) -> bool: ...


def sees_clear(user: _User) -> bool:
    return user.has_perm(PERMISSION)


class Disclosing:
    """An admin whose rows know, as `in_clear`, whether the person looking may read them in clear."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return rows.annotate(in_clear=Value(sees_clear(request.user)))


def shown_document(value: str | None, *, clear: bool) -> str:
    if not value:
        return ""
    parsed = document(value)
    if isinstance(parsed, Refused):
        return value if clear else _starred(value)
    return parsed.formatted if clear else parsed.masked


def shown_contact(value: str, *, clear: bool) -> str:
    """A phone or an e-mail, canonical or as somebody typed it."""
    parsed = phone_or_email(value)
    if isinstance(parsed, Refused):
        return value if clear else _starred(value)
    return parsed.formatted if clear else parsed.masked


def shown_text(text: str, *, clear: bool) -> str:
    """Free text, with every document, phone and e-mail in it masked."""
    return text if clear else TELLING.sub(_masked, text)


def shown_json(value: Any, *, clear: bool, key: str = "") -> Any:
    """A foreign body; secrets in it are nobody's to read."""
    if isinstance(value, dict):
        return {k: shown_json(v, clear=clear, key=str(k)) for k, v in value.items()}
    if isinstance(value, list):
        return [shown_json(v, clear=clear, key=key) for v in value]
    if SECRETS.search(key) and value not in (None, ""):
        return HIDDEN
    if isinstance(value, str):
        return shown_text(value, clear=clear)
    telling = not clear and isinstance(value, int) and abs(value) >= 10_000_000
    return shown_text(str(value), clear=False) if telling else value


def _masked(found: re.Match[str]) -> str:
    if found["harmless"]:
        return found[0]
    # eleven digits may be both; brackets make them a phone
    if found["number"] and "(" not in found[0]:
        digits = re.sub(r"\D", "", found[0])
        read = document(digits if len(digits) == CPF_LENGTH else found[0])
        if not isinstance(read, Refused):
            return read.masked
    return shown_contact(found[0], clear=False)


def _starred(value: str) -> str:
    """What cannot be read as anything: its length stays, and of a long one the end, unless it is as long as a CPF."""
    if "@" in value:
        return HIDDEN
    is_like_a_cpf = len(re.sub(r"\D", "", value)) == CPF_LENGTH
    tail = value[-2:] if len(value) >= 8 and not is_like_a_cpf else ""
    return "*" * (len(value) - len(tail)) + tail
