"""What the page of one party shows: every value with the source and the date that stand behind it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from parties.admin.pins import is_pinned, removed
from parties.differences import Difference, differences, readable_path, readable_value
from parties.disclosure import shown_contact, shown_document, shown_json, shown_text
from parties.filing.addresses import address_key
from parties.filing.companies import company_key
from parties.filing.contacts import contact_key
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
    "legacy": _("the predecessor"),
}
DIFFERENCES = {
    "added": (_("new"), "success"),
    "changed": (_("changed"), "warning"),
    "removed": (_("gone"), "danger"),
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
    pin: str = ""


def party_page(party: Party, *, clear: bool) -> dict[str, Any]:
    contacts = [_contact(party, c, clear) for c in party.contacts.all()[:MOST_SHOWN]]
    homes = [_home(party, a) for a in party.addresses.select_related("address")[:MOST_SHOWN]]
    companies = [_tie(party, t, t.to_party, clear) for t in _ties(party.relationships, "to_party")]
    enrichments = list(party.enrichments.all()[:MOST_SHOWN])
    name = shown_text(party.name, clear=clear)
    return {
        "in_clear": clear,
        # the name of a one-person firm holds its owner's CPF
        "name": name if name != party.name else "",
        "document": shown_document(party.cpf_cnpj, clear=clear),
        "facts": [_masked(told) if not clear else told for told in _facts(party)],
        "finances": list(_told(party, getattr(party, "finances", None), FINANCE_FIELDS)),
        "contacts": contacts,
        "addresses": homes,
        "companies": companies,
        "people": [_tie(party, t, t.from_party, clear) for t in _ties(party.related_from, "from_party")],
        "removed": list(removed(party, _present(party, contacts, homes, companies), clear=clear)),
        "properties": party.properties.select_related("property")[:MOST_SHOWN],
        "enrichments": [_enrichment(e, earlier, clear) for e, earlier in _with_earlier(enrichments)],
    }


def _present(party: Party, contacts: list[Any], *others: list[Any]) -> set[str]:
    """The keys of all rows that are there; of very many contacts the page shows some only."""
    shown = {row["key"] for rows in (contacts, *others) for row in rows}
    if len(contacts) < MOST_SHOWN:
        return shown
    return shown | {contact_key(value) for value in party.contacts.values_list("value", flat=True)}


def _masked(told: Told) -> Told:
    others = tuple(shown_text(other, clear=False) for other in told.others)
    return replace(told, value=shown_text(told.value, clear=False), others=others)


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
                pin=origin_key(holder, name) if origin.get("pinned") else "",
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


def _row(party: Party, row: Any, key: str) -> dict[str, Any]:
    """`pin` is the key to let go of what staff hold."""
    return {"row": row, "key": key, "pin": key if is_pinned(party, key) else "", "source": source_named(row.source)}


def _contact(party: Party, contact: PartyContact, clear: bool) -> dict[str, Any]:
    value = shown_contact(contact.value, clear=clear)
    return _row(party, contact, contact_key(contact.value)) | {"value": value}


def _home(party: Party, home: PartyAddress) -> dict[str, Any]:
    return _row(party, home, address_key(home.address.place_key)) | {"address": home.address}


def _ties(rows: Any, other: str) -> QuerySet[PartyRelationship]:
    ties: QuerySet[PartyRelationship] = rows.select_related(other, f"{other}__company").order_by("id")[:MOST_SHOWN]
    return ties


def _tie(party: Party, tie: PartyRelationship, other: Party, clear: bool) -> dict[str, Any]:
    """A pin on a tie is the person's, so only the person's page knows of it."""
    company = getattr(other, "company", None)
    named = other.name or (company and (company.trade_name or company.legal_name))
    name = shown_text(named or "", clear=clear)
    key = company_key(other.cpf_cnpj or "")
    document = shown_document(other.cpf_cnpj, clear=clear)
    return _row(party, tie, key) | {"other": other, "name": name, "document": document}


def _with_earlier(newest_first: list[PartyEnrichment]) -> Iterator[tuple[PartyEnrichment, PartyEnrichment | None]]:
    """Each with the one before it that the same provider told."""
    for number, enrichment in enumerate(newest_first):
        earlier = (e for e in newest_first[number + 1 :] if e.provider == enrichment.provider)
        yield enrichment, next(earlier, None)


def _difference(difference: Difference, clear: bool) -> dict[str, Any]:
    sides = (shown_json(side, clear=clear) for side in (difference.before, difference.after))
    before, after = ("" if side is None else readable_value(side) for side in sides)
    label, colour = DIFFERENCES[difference.kind]
    return {"label": label, "colour": colour, "of": readable_path(difference.path), "before": before, "after": after}


def _enrichment(enrichment: PartyEnrichment, earlier: PartyEnrichment | None, clear: bool) -> dict[str, Any]:
    # compared as they are: two numbers may have one mask
    found = differences(earlier.profile, enrichment.profile) if earlier else ()
    profile = shown_json(enrichment.profile, clear=clear)
    source = source_named(enrichment.provider)
    return {
        "row": enrichment,
        "earlier": earlier,
        "differences": [_difference(d, clear) for d in found],
        "source": source,
        "profile": json.dumps(_without_blanks(profile), indent=2, ensure_ascii=False),
    }


def _without_blanks(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {k: _without_blanks(v) for k, v in value.items()}
        return {k: v for k, v in kept.items() if v not in (None, "", [], {})}
    return [_without_blanks(v) for v in value] if isinstance(value, list) else value
