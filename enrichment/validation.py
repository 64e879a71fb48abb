"""Contacts checked without asking anybody outside: well-formed, no placeholder, and on file or not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from c2s_enrich import sealed_cache
from c2s_enrich.counters import counted
from enrichment.customer import Answer
from enrichment.memory import VALIDATION, shareable
from parties.disclosure import shown_text
from parties.fakes import fake_email, fake_phone
from parties.identifiers import CPF, Email, Identifier, Phone, Refused
from parties.names import folded, tokens

TTL = 30 * 60
FIELDS = ("phone", "email", "cpf", "name")
PLACEHOLDER = "placeholder"

_KNOWN = b"1"
# one look at an index for each value, all in one round trip
_ON_FILE = """
select v from unnest(%s::text[]) v where exists (select 1 from party_contacts c where c.value = v)
union all
select v from unnest(%s::text[]) v where exists (select 1 from parties p where p.cpf_cnpj = v)
union all
select v from unnest(%s::text[]) v where exists (
  select 1 from parties p
  where to_tsvector('simple'::regconfig, coalesce(p.folded_name, '')) @@ plainto_tsquery('simple', v)
    and p.folded_name = v)
"""


@dataclass(frozen=True, slots=True)
class _Unfit:
    reason: str


class Checked(Answer, frozen=True):
    value: str | None
    valid: bool
    reason: str | None
    # told to those alone who may see documents: it would confirm what is masked
    known: bool | None


class ContactChecked(Answer, frozen=True, omit_defaults=True):
    """Of each contact the fields that were given."""

    phone: Checked | None = None
    email: Checked | None = None
    cpf: Checked | None = None
    name: Checked | None = None


class ValidationAnswer(Answer, frozen=True):
    results: list[ContactChecked]


def contacts_check(contacts: Sequence[Mapping[str, Any]], *, clear: bool) -> ValidationAnswer:
    read = [{field: _read(field, contact[field]) for field in FIELDS if field in contact} for contact in contacts]
    identifiers = {i.value: i for row in read for i in row.values() if isinstance(i, Identifier)}
    names = {folded(name) for row in read for name in row.values() if isinstance(name, str)}
    known = _known(identifiers.values(), names) if clear else None
    return ValidationAnswer(
        results=[
            ContactChecked(**{field: _checked(contact[field], found, known, clear) for field, found in row.items()})
            for contact, row in zip(contacts, read, strict=True)
        ]
    )


def _read(field: str, given: Any) -> Identifier | _Unfit | str:
    if field == "name":
        return given if isinstance(given, str) and tokens(given) else _Unfit("not_a_name" if given else "empty")
    kind: Any = {"phone": Phone, "email": Email, "cpf": CPF}[field]
    parsed: Identifier | Refused = kind.parse(given)
    return _Unfit(parsed.reason) if isinstance(parsed, Refused) else parsed


def _checked(given: Any, read: Identifier | _Unfit | str, known: set[str] | None, clear: bool) -> Checked:
    if isinstance(read, _Unfit):
        value = shown_text(given, clear=clear) if isinstance(given, str) else None
        return Checked(value=value, valid=False, reason=read.reason, known=_told(known, ""))
    if isinstance(read, str):
        told = _told(known, folded(read))
        return Checked(value=shown_text(read, clear=clear), valid=True, reason=None, known=told)
    fake = _is_fake(read)
    return Checked(
        value=read.value if clear else read.masked,
        valid=not fake,
        reason=PLACEHOLDER if fake else None,
        known=_told(known, read.value),
    )


def _told(known: set[str] | None, value: str) -> bool | None:
    return None if known is None else value in known


def _is_fake(identifier: Identifier) -> bool:
    if isinstance(identifier, Phone):
        return fake_phone(identifier) is not None
    return isinstance(identifier, Email) and fake_email(identifier) is not None


def _known(identifiers: Iterable[Identifier], names: set[str]) -> set[str]:
    """Which of these are on file; of names nothing is remembered, for no change of a party would drop it."""
    wanted = list(identifiers)
    found = sealed_cache.get_many((VALIDATION, i.value) for i in wanted)
    told = {value: raw == _KNOWN for (_, value), raw in found.items()}
    missing = [i for i in wanted if i.value not in told]
    counted("validationCache", True, len(told))
    counted("validationCache", False, len(missing))
    stored = _on_file(missing, names) if missing or names else set()
    answers = {(VALIDATION, i.value): _KNOWN if i.value in stored else b"0" for i in missing}
    sealed_cache.set_many(answers, ttl=shareable(TTL))
    return stored | {value for value, is_known in told.items() if is_known}


def _on_file(identifiers: list[Identifier], names: set[str]) -> set[str]:
    documents = [i.value for i in identifiers if isinstance(i, CPF)]
    contacts = [i.value for i in identifiers if not isinstance(i, CPF)]
    with connection.cursor() as cursor:
        cursor.execute(_ON_FILE, [contacts, documents, sorted(names)])
        return {row[0] for row in cursor.fetchall()}
