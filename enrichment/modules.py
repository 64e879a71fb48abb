"""The Work API's modules, answered in its own words as far as the allow-list goes; each answer kept for an hour."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.utils import timezone

from c2s_enrich import sealed_cache
from c2s_enrich.counters import counted, saved
from enrichment import profiles
from enrichment.choose import Choice
from enrichment.customer import bare_contact, bare_document
from enrichment.flights import fly
from enrichment.forgotten import forgotten_among
from enrichment.identity import Identity
from enrichment.memory import WORK_MODULE, shareable
from enrichment.providers.errors import ProviderError
from enrichment.providers.reading import cep, text
from enrichment.providers.work_api.client import LONGEST, MODULES, module_answer
from enrichment.providers.work_api.schemas import as_stored
from enrichment.refusing import refusal_of
from enrichment.waiting import place_to_ask
from parties.identifiers import CNPJ, CPF, Email, Identifier, Phone
from parties.record import known_by_documents

ALL = "all"
CPF_MODULE = "cpf"
NAMES = (ALL, *MODULES)
TTL = 3600

_DOCUMENTS, _CONTACTS = {"cpf", "cpf_cnpj", "cnpj"}, {"telefone", "email"}

Sections = dict[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Inquiry(Identifier):
    """A module and what it is asked about; its value names the cache entry and the flight."""

    value: str

    @classmethod
    def of(cls, module: str, about: str) -> "Inquiry":
        # a profile is dropped with all else that is cached of the person
        return cls(about if module == CPF_MODULE else f"{module}:{about}")

    @property
    def masked(self) -> str:
        return self.value.partition(":")[0]


class Kept(msgspec.Struct, frozen=True):
    """An answer; `sections` is None when the provider knew nobody."""

    sections: Sections | None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Kept).decode


def value_for(module: str, written: str) -> str | None:
    """What the module understands, or None when this is not of its kind."""
    value = _READ[CPF_MODULE if module == ALL else module](written)
    return value or None


def sections_of(module: str, value: str, *, clear: bool) -> Sections | None:
    """None when nobody is known. `all` is module `cpf`, asked once."""
    module = CPF_MODULE if module == ALL else module
    if _is_of_the_forgotten(module, value):
        return None
    inquiry = Inquiry.of(module, value)
    kept = _remembered(inquiry)
    counted("workApiCache", kept is not None)
    if kept is None:
        kept = _answered(inquiry, module, value)
    else:
        saved(calls=1, money=settings.PRICE_WORK_API)
    return kept.sections if clear or kept.sections is None else _masked(kept.sections)


def _answered(inquiry: Inquiry, module: str, value: str) -> Kept:
    try:
        with place_to_ask():
            if module == CPF_MODULE:
                return _kept(inquiry, _profile(CPF(value)))
            return fly(
                inquiry,
                known=lambda: _remembered(inquiry),
                ask=lambda: _kept(inquiry, _asked(module, value)),
                longest=LONGEST,
                patience=LONGEST,
            )
    except ProviderError as error:
        raise refusal_of(error) from None


def _profile(cpf: CPF) -> Sections | None:
    """A profile is filed as any other: nobody pays twice for it, whichever door asks."""
    fresh = timezone.now() - timedelta(days=settings.REFRESH_AFTER_DAYS)
    record = profiles.fetch(Choice(cpf.value, ""), Identity(), since=fresh, patience=LONGEST)
    if record is None:
        return None
    stored: Sections | None = known_by_documents([cpf.value])[0].profile
    return stored


def _asked(module: str, value: str) -> Sections | None:
    profile = module_answer(module, value)
    return None if profile is None else _without_the_forgotten(as_stored(profile))


def _is_of_the_forgotten(module: str, value: str) -> bool:
    read = {CPF_MODULE: CPF.parse, "telefone": Phone.parse, "email": Email.parse}.get(module)
    about = read(value) if read else None
    return isinstance(about, CPF | Phone | Email) and bool(forgotten_among([about]))


def _without_the_forgotten(sections: Sections) -> Sections:
    """A list of people by a name or a street may name one of them."""
    people = [(row, CPF.pad(row.get("cpf") or row.get("cpf_cnpj"))) for row in sections.get("lista", [])]
    gone = forgotten_among(cpf for _, cpf in people if isinstance(cpf, CPF))
    kept = [row for row, cpf in people if not (isinstance(cpf, CPF) and cpf.value in gone)]
    return sections | {"lista": kept} if people else sections


def _kept(inquiry: Inquiry, sections: Sections | None) -> Kept:
    kept = Kept(sections)
    sealed_cache.set_many({(WORK_MODULE, inquiry.value): _encode(kept)}, ttl=shareable(TTL))
    return kept


def _remembered(inquiry: Inquiry) -> Kept | None:
    name = (WORK_MODULE, inquiry.value)
    found = sealed_cache.get_many([name])
    return _decode(found[name]) if name in found else None


def _masked(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _masked(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, key) for inner in value]
    if value is None or key not in _DOCUMENTS | _CONTACTS:
        return value
    return bare_document(str(value), clear=False) if key in _DOCUMENTS else bare_contact(str(value), clear=False)


def _value_of(kind: type[CPF] | type[CNPJ] | type[Email]) -> Callable[[str], str]:
    def read(written: str) -> str:
        parsed = kind.parse(written)
        return parsed.value if isinstance(parsed, kind) else ""

    return read


def _national(written: str) -> str:
    parsed = Phone.parse(written)
    return (parsed.national or "") if isinstance(parsed, Phone) else ""


def _voter(written: str) -> str:
    digits = "".join(char for char in text(written) if char.isascii() and char.isdecimal())
    return digits if 8 <= len(digits) <= 13 else ""


_READ: dict[str, Callable[[str], str]] = {
    "cpf": _value_of(CPF),
    "telefone": _national,
    "email": _value_of(Email),
    "nome": text,
    "cep": cep,
    "cnpj": _value_of(CNPJ),
    "titulo": _voter,
    "mae": text,
}
