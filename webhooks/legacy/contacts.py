"""Contacts: every spelling of a phone becomes one, and a party has each of them once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone

from c2s_enrich.privacy import suppression
from c2s_enrich.privacy.suppression import suppressed_in_crowd
from parties.fakes import fake_email, fake_phone
from parties.identifiers import Email, Phone, Refused, phone_or_email
from parties.models import ContactType
from webhooks.legacy.parties import FORGOTTEN
from webhooks.legacy.source import Row, Wanted
from webhooks.legacy.staging import Known, Taken, parties_known, staged
from webhooks.legacy.values import SOURCE, confidence, first_moment, line, moment, truth

NO_PARTY = "its party is not here"
WANTED = Wanted(
    table="core.party_contacts",
    key="contact_id id",
    columns={
        "party_id": "t.party_id",
        "kind": "t.contact_type",
        "value": "t.value",
        "is_primary": "t.is_primary",
        "is_verified": "t.is_verified",
        "is_whatsapp": "t.is_whatsapp",
        "source": "t.source",
        "confidence": "t.confidence",
        "valid_to": "t.valid_to",
        "created_at": "t.created_at",
        "updated_at": "t.updated_at t.created_at",
    },
)
_STAGED = """
id uuid, party_id uuid, contact_type text, value text, is_primary boolean, is_verified boolean, source text,
confidence numeric, created_at timestamptz, updated_at timestamptz
"""
# not `not exists`: hashed, it would read all contacts for every chunk; each of the two has an index of its own
_INSERT = """
insert into party_contacts as mine (id, party_id, contact_type, value, is_primary, is_verified, source, confidence,
  operator, line_type, created_at, updated_at)
select s.id, s.party_id, s.contact_type, s.value, s.is_primary and case when s.contact_type = 'email'
    then (select c.id from party_contacts c where c.party_id = s.party_id and c.is_primary
      and c.contact_type = 'email' limit 1)
    else (select c.id from party_contacts c where c.party_id = s.party_id and c.is_primary
      and c.contact_type in ('phone', 'whatsapp') limit 1) end is null,
  s.is_verified, s.source, s.confidence, '', '', s.created_at, s.updated_at
from staged s cross join lateral (select p.origins from parties p where p.id = s.party_id offset 0) p
where not exists (select from party_contacts c where c.id = s.id)
  and not coalesce((p.origins -> ('contacts.' || s.value) ->> 'pinned')::boolean, false)
order by s.id
on conflict (party_id, value) do update set is_verified = mine.is_verified or excluded.is_verified,
  confidence = greatest(mine.confidence, excluded.confidence),
  contact_type = case when excluded.contact_type = 'whatsapp' then 'whatsapp' else mine.contact_type end
"""
# where the predecessor had no primary among the phones, or among the e-mails, the best is
CROWN = """
update party_contacts c set is_primary = true from (
  select distinct on (party_id, contact_type = 'email') id, is_primary from party_contacts
  where party_id between %s and %s
  order by party_id, contact_type = 'email', is_primary desc, contact_type = 'whatsapp' desc,
    confidence desc nulls last, id) best
where c.id = best.id and not best.is_primary
"""


class Told(NamedTuple):
    """A row's contact, its party apart from it; or why it is none."""

    key: str
    party_id: str
    contact: dict[str, Any] | str


def contacts_read(rows: Sequence[Row]) -> list[Told]:
    now = timezone.now()
    return [Told(row["key"], row["party_id"], _contact(row, now)) for row in rows]


def contacts_take(rows: Sequence[Told]) -> Taken:
    taken = Taken()
    parties = parties_known(row.party_id for row in rows)
    told = [contact for row in rows if (contact := _owned(row, parties.get(row.party_id), taken))]
    forgotten = {v for _, v in suppressed_in_crowd((suppression.CONTACT, contact["value"]) for contact in told)}
    for contact in told:
        if contact["value"] in forgotten:
            taken.refuse(contact["id"], FORGOTTEN)
    kept = _merged(contact for contact in told if contact["value"] not in forgotten)
    taken.written = staged(_STAGED, (tuple(c.values()) for c in kept), {"written": _INSERT})["written"]
    return taken


def _owned(row: Told, party: Known | None, taken: Taken) -> dict[str, Any] | None:
    if party is None or isinstance(row.contact, str):
        taken.refuse(row.key, row.contact if party and isinstance(row.contact, str) else NO_PARTY)
        return None
    return row.contact | {"party_id": party.id}


def _contact(row: Row, now: datetime) -> dict[str, Any] | str:
    ended = moment(row["valid_to"])
    if ended and ended < now:
        return "no longer valid"
    read = _read(row)
    if isinstance(read, str):
        return read
    at = first_moment(row, "updated_at", otherwise=now)
    return {
        "id": row["key"],
        # known only once the database was asked; the columns keep their order
        "party_id": None,
        "contact_type": _type(read, row),
        "value": read.value,
        "is_primary": truth(row["is_primary"]),
        "is_verified": truth(row["is_verified"]),
        "source": line(row["source"], 30) or SOURCE,
        "confidence": confidence(row["confidence"]),
        "created_at": first_moment(row, "created_at", otherwise=at),
        "updated_at": at,
    }


def _read(row: Row) -> Phone | Email | str:
    """The contact, by what it looks like and not by what it was filed as; or why it is none."""
    read = phone_or_email(row["value"])
    if isinstance(read, Refused):
        return read.reason
    fake = fake_email(read) if isinstance(read, Email) else fake_phone(read)
    return f"fake: {fake}" if fake else read


def _type(read: Phone | Email, row: Row) -> str:
    if isinstance(read, Email):
        return ContactType.EMAIL.value
    is_whatsapp = row["kind"] == ContactType.WHATSAPP or truth(row["is_whatsapp"])
    return (ContactType.WHATSAPP if is_whatsapp else ContactType.PHONE).value


def _merged(contacts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each value of a party once, as the statement would merge it with one that is here; one primary per family."""
    firsts: dict[tuple[Any, ...], dict[str, Any]] = {}
    for contact in contacts:
        first = firsts.setdefault((contact["party_id"], contact["value"]), contact)
        if first is not contact:
            first["is_verified"] |= contact["is_verified"]
            if contact["confidence"] is not None:
                first["confidence"] = max(contact["confidence"], first["confidence"] or Decimal(0))
            if contact["contact_type"] == ContactType.WHATSAPP:
                first["contact_type"] = contact["contact_type"]
    crowned = set()
    for contact in firsts.values():
        family = (contact["party_id"], contact["contact_type"] == ContactType.EMAIL)
        contact["is_primary"] = contact["is_primary"] and family not in crowned
        crowned |= {family} if contact["is_primary"] else set()
    return list(firsts.values())
