"""The CRM's lead as we need it. Webhooks carry the same attributes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime

from enrichment.providers.reading import block, money, rows, section, text, yes


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a lead's conversation."""

    sender: str
    body: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class LeadCard:
    lead_id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    phone2: str = ""
    description: str = ""
    seller: str = ""
    product: str = ""
    source: str = ""
    status: str = ""
    closed: bool = False
    updated_at: datetime | None = None
    messages: list[Said] = field(default_factory=list)
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Seller:
    seller_id: str
    name: str
    email: str


# the newest of a conversation: each event repeats all of it, and what came earlier was kept when it came
MESSAGES_AT_MOST = 1000


def lead_card(lead_id: str, attributes: Any) -> LeadCard:
    """A lead's attributes, whatever is missing or of another type."""
    given = section(attributes)
    customer = section(given.get("customer"))
    phones = _distinct(text(customer.get(key), 100) for key in ("phone", "phone_global", "phone2"))
    product = section(given.get("product"))
    return LeadCard(
        lead_id=lead_id,
        name=text(customer.get("name")),
        email=text(customer.get("email"), 320),
        phone=phones[0] if phones else "",
        phone2=phones[1] if len(phones) > 1 else "",
        description=block(given.get("description")),
        seller=text(section(given.get("seller")).get("name"), 160),
        product=text(product.get("description")) or text(product.get("prop_ref")),
        source=text(section(given.get("lead_source")).get("name"), 120),
        status=text(section(given.get("lead_status")).get("name"), 80),
        closed=yes(section(given.get("done_details")).get("done")) is True
        or yes(section(given.get("archive_details")).get("archived")) is True,
        updated_at=moment(given.get("updated_at")),
        price=_first(money(product.get("price_float")), money(product.get("price"))),
        messages=[said for row in _newest(given.get("messages")) if (said := _said(row))],
    )


def _newest(messages: Any) -> Iterator[dict[str, Any]]:
    return rows(messages[-MESSAGES_AT_MOST:] if isinstance(messages, list) else messages)


def _distinct(phones: Iterable[str]) -> list[str]:
    """Each number once, however it is written: its last eight digits tell."""
    told: dict[str, str] = {}
    for phone in filter(None, phones):
        told.setdefault(re.sub(r"\D", "", phone)[-8:], phone)
    return list(told.values())


def lead_in(body: Any) -> LeadCard | None:
    """The lead of an answer: `{"data": {"id", "attributes"}}`."""
    data = section(section(body).get("data"))
    lead_id = identifier(data.get("id"))
    return lead_card(lead_id, data.get("attributes")) if lead_id else None


def seller_in(row: dict[str, Any]) -> Seller:
    attributes = section(row.get("attributes")) or row
    return Seller(identifier(row.get("id")), text(attributes.get("name")), text(attributes.get("email"), 320))


def identifier(value: Any) -> str:
    """Ids are opaque: text or a number."""
    return text(value, 191)


def created_id(body: Any) -> str:
    """The new lead's id: `data.id`, `id` or `lead_id`, text or number."""
    given = section(body)
    for found in (section(given.get("data")).get("id"), given.get("id"), given.get("lead_id")):
        if said := identifier(found):
            return said
    return ""


def moment(value: Any) -> datetime | None:
    """RFC 3339, `2025-11-22 10:00:02.123 -0300`, and naive ones, which are UTC; always given back in UTC."""
    written = text(value, 64)
    head, _, offset = written.rpartition(" ")
    if head and offset[:1] in "+-":
        written = head + offset
    try:
        found = parse_datetime(written)
        if found is None:
            return None
        if found.tzinfo is None:
            found = found.replace(tzinfo=ZoneInfo("UTC"))
        # a count of seconds can be read as a date too, of another century
        return found.astimezone(ZoneInfo("UTC")) if 2000 <= found.year < 2100 else None
    except (ValueError, OverflowError):
        return None


def _first(*values: Decimal | None) -> Decimal | None:
    return next((value for value in values if value is not None), None)


def _said(row: dict[str, Any]) -> Said | None:
    body = block(row.get("message") or row.get("body"))
    return Said(text(row.get("sender"), 80), body, moment(row.get("created_at"))) if body else None
