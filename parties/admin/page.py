"""What the page of one party shows: every value with the source and the date that stand behind it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from parties.disclosure import shown_contact, shown_document, shown_json
from parties.models import Party, PartyAddress, PartyContact, PartyEnrichment, PartyFinances, PartyRelationship

PERSON_FIELDS = (
    "birth_date", "sex", "mother_name", "father_name", "marital_status", "birthplace", "education", "nationality",
    "occupation", "registration_status", "deceased", "politically_exposed",
)  # fmt: skip
COMPANY_FIELDS = ("legal_name", "trade_name", "size", "industry", "founded_on")
MONEY_FIELDS = ("income", "income_adjusted", "income_min", "income_max")
FINANCE_FIELDS = (*MONEY_FIELDS, "purchasing_power", "credit_score", "risk_level", "social_class")
SEX = {"male": _("Male"), "female": _("Female")}
SOURCES = {
    "work_api": "Work API",
    "diretrix": "Diretrix",
    "c2s": "C2S",
    "lead": _("the lead itself"),
    "staff": _("staff"),
}
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Told:
    """A value, and who told it when; `others` is what other sources said instead."""

    label: str
    value: str
    source: str = ""
    at: datetime | None = None
    others: tuple[str, ...] = ()


def party_page(party: Party, *, clear: bool) -> dict[str, Any]:
    return {
        "in_clear": clear,
        "finances_source": source_named(party.finances.source) if hasattr(party, "finances") else "",
        "document": shown_document(party.cpf_cnpj, clear=clear),
        "facts": list(_facts(party)),
        "finances": list(_told(party, getattr(party, "finances", None), FINANCE_FIELDS)),
        "contacts": [_contact(c, clear) for c in party.contacts.all()[:MOST_SHOWN]],
        "addresses": [_home(a) for a in party.addresses.select_related("address")[:MOST_SHOWN]],
        "companies": [_tie(t, t.to_party, clear) for t in _ties(party.relationships, "to_party")],
        "people": [_tie(t, t.from_party, clear) for t in _ties(party.related_from, "from_party")],
        "properties": party.properties.select_related("property")[:MOST_SHOWN],
        "enrichments": [_enrichment(e, clear) for e in party.enrichments.all()[:MOST_SHOWN]],
    }


def _facts(party: Party) -> Iterator[Told]:
    yield from _told(party, party, ("name",))
    yield from _told(party, getattr(party, "person", None), PERSON_FIELDS)
    yield from _told(party, getattr(party, "company", None), COMPANY_FIELDS)


def _told(party: Party, holder: Model | None, fields: Iterable[str]) -> Iterator[Told]:
    if holder is None:
        return
    for name in fields:
        value = getattr(holder, name)
        if value not in (None, ""):
            origin = party.origins.get(origin_key(holder, name), {})
            yield Told(
                label=str(holder._meta.get_field(name).verbose_name),  # type: ignore[union-attr]
                value=_readable(name, value),
                source=source_named(origin.get("source", "")),
                at=_moment(origin.get("at")),
                others=tuple(
                    f"{other['value']} ({source_named(other['source'])})" for other in origin.get("others", [])
                ),
            )


def origin_key(holder: Model, field: str) -> str:
    """Where `party.origins` keeps the origin of a field: finances have a prefix of their own."""
    return f"finances.{field}" if isinstance(holder, PartyFinances) else field


def _readable(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, Decimal):
        return f"R$ {formats.number_format(value, 2, force_grouping=True)}"
    if isinstance(value, date):
        return formats.date_format(value, "SHORT_DATE_FORMAT")
    if name == "sex":
        return str(SEX.get(value, value))
    return str(formats.localize(value))


def source_named(name: str) -> str:
    return str(SOURCES.get(name, name))


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _contact(contact: PartyContact, clear: bool) -> dict[str, Any]:
    value = shown_contact(contact.value, clear=clear)
    return {"row": contact, "value": value, "source": source_named(contact.source)}


def _home(home: PartyAddress) -> dict[str, Any]:
    return {"row": home, "address": home.address, "source": source_named(home.source)}


def _ties(rows: Any, other: str) -> QuerySet[PartyRelationship]:
    ties: QuerySet[PartyRelationship] = rows.select_related(other, f"{other}__company").order_by("id")[:MOST_SHOWN]
    return ties


def _tie(tie: PartyRelationship, other: Party, clear: bool) -> dict[str, Any]:
    company = getattr(other, "company", None)
    name = other.name or (company and (company.trade_name or company.legal_name))
    return {"row": tie, "other": other, "name": name, "document": shown_document(other.cpf_cnpj, clear=clear)}


def _enrichment(enrichment: PartyEnrichment, clear: bool) -> dict[str, Any]:
    profile = shown_json(enrichment.profile, clear=clear)
    source = source_named(enrichment.provider)
    return {
        "row": enrichment,
        "source": source,
        "profile": json.dumps(_without_blanks(profile), indent=2, ensure_ascii=False),
    }


def _without_blanks(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {k: _without_blanks(v) for k, v in value.items()}
        return {k: v for k, v in kept.items() if v not in (None, "", [], {})}
    return [_without_blanks(v) for v in value] if isinstance(value, list) else value
