"""The golden record as one value: all that a message or an answer needs, read in one query."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from django.db import connections

from c2s_enrich.prepared import Statement, rows_of
from c2s_enrich.replica import reading_from


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    value: str
    primary: bool
    verified: bool
    source: str
    confidence: Decimal | None
    operator: str
    line_type: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    street: str
    number: str
    complement: str
    neighborhood: str
    city: str
    state: str
    cep: str
    primary: bool = False
    source: str = ""


class Finances(msgspec.Struct, frozen=True, kw_only=True):
    income: Decimal | None
    income_adjusted: Decimal | None
    income_min: Decimal | None
    income_max: Decimal | None
    purchasing_power: str
    credit_score: int | None
    risk_level: str
    social_class: str


class Tie(msgspec.Struct, frozen=True, kw_only=True):
    """A company of the person."""

    party_id: UUID
    cnpj: str | None
    name: str
    role: str
    until: date | None


class Owned(msgspec.Struct, frozen=True, kw_only=True):
    street: str
    number: str
    neighborhood: str
    city: str
    state: str
    area_m2: Decimal | None
    assessed_value: Decimal | None
    share: Decimal | None


class Record(msgspec.Struct, frozen=True, kw_only=True):
    party_id: UUID
    kind: str
    document: str | None
    name: str
    enriched: bool
    enriched_at: datetime | None
    updated_at: datetime
    birth_date: date | None
    sex: str
    mother_name: str
    father_name: str
    marital_status: str
    occupation: str
    deceased: bool | None
    contacts: list[Contact]
    places: list[Place]
    finances: Finances | None
    ties: list[Tie]
    owned: list[Owned]

    @property
    def phones(self) -> list[Contact]:
        return [c for c in self.contacts if c.type != "email"]

    @property
    def emails(self) -> list[Contact]:
        return [c for c in self.contacts if c.type == "email"]


@dataclass(frozen=True, slots=True)
class Known:
    """A record, the identifiers that led to it, and the stored profile it was last enriched with."""

    record: Record
    via: frozenset[str]
    profile: Any


# Decimals travel as text: JSON numbers are read as binary floats by too many.
_RECORD = """
select p.id, {via} as via, {profile}, jsonb_build_object(
  'party_id', p.id, 'kind', p.kind, 'document', p.cpf_cnpj, 'name', p.name,
  'enriched', p.enriched, 'enriched_at', p.enriched_at, 'updated_at', p.updated_at,
  'birth_date', person.birth_date, 'sex', coalesce(person.sex, ''),
  'mother_name', coalesce(person.mother_name, ''), 'father_name', coalesce(person.father_name, ''),
  'marital_status', coalesce(person.marital_status, ''), 'occupation', coalesce(person.occupation, ''),
  'deceased', person.deceased,
  'contacts', (select coalesce(jsonb_agg(jsonb_build_object(
      'type', c.contact_type, 'value', c.value, 'primary', c.is_primary, 'verified', c.is_verified,
      'source', c.source, 'confidence', c.confidence::text, 'operator', c.operator, 'line_type', c.line_type)
      order by c.is_primary desc, c.confidence desc nulls last, c.id), '[]')
    from party_contacts c where c.party_id = p.id),
  'places', (select coalesce(jsonb_agg(jsonb_build_object(
      'street', a.street, 'number', a.number, 'complement', a.complement, 'neighborhood', a.neighborhood,
      'city', a.city, 'state', a.state, 'cep', a.cep, 'primary', pa.is_primary, 'source', pa.source)
      order by pa.is_primary desc, pa.id), '[]')
    from party_addresses pa join addresses a on a.id = pa.address_id where pa.party_id = p.id),
  'finances', (select jsonb_build_object(
      'income', f.income::text, 'income_adjusted', f.income_adjusted::text,
      'income_min', f.income_min::text, 'income_max', f.income_max::text,
      'purchasing_power', f.purchasing_power, 'credit_score', f.credit_score,
      'risk_level', f.risk_level, 'social_class', f.social_class)
    from party_finances f where f.party_id = p.id),
  'ties', (select coalesce(jsonb_agg(jsonb_build_object(
      'party_id', t.id, 'cnpj', t.cpf_cnpj,
      'name', coalesce(nullif(co.trade_name, ''), nullif(co.legal_name, ''), t.name),
      'role', r.role, 'until', r.end_date) order by r.end_date is not null, r.id), '[]')
    from party_relationships r join parties t on t.id = r.to_party_id
    left join companies co on co.party_id = t.id where r.from_party_id = p.id),
  'owned', (select coalesce(jsonb_agg(jsonb_build_object(
      'street', re.street, 'number', re.number, 'neighborhood', re.neighborhood, 'city', re.city,
      'state', re.state, 'area_m2', re.area_m2::text, 'assessed_value', re.assessed_value::text,
      'share', o.share::text) order by o.id), '[]')
    from property_ownerships o join real_estate_properties re on re.id = o.property_id
    where o.party_id = p.id and o.end_date is null)
)::text
"""
_PERSON = """
left join people person on person.party_id = p.id"""
_LATEST = """
left join lateral (select profile from party_enrichments pe where pe.party_id = p.id
  order by pe.enriched_at desc, pe.id desc limit 1) e on true"""
# As many of each value, so that a placeholder phone of thousands does not crowd out the e-mail's one owner.
_OWNERS = """
select hit.party_id, array_agg(asked.value) as via from {asked} as asked(value)
cross join lateral (select c.party_id, owner.enriched_at
  from party_contacts c join parties owner on owner.id = c.party_id
  where c.value = asked.value {among}
  order by owner.enriched_at desc nulls last, owner.id limit 50) hit
group by hit.party_id"""
_OWNERS_NEWEST_FIRST = _OWNERS + " order by max(hit.enriched_at) desc nulls last, hit.party_id"
_ENRICHED = "and owner.enriched"
_NEWEST_FIRST = " order by p.enriched_at desc nulls last, p.id"


@dataclass(frozen=True, slots=True)
class _Way:
    """How parties are found: by one value, whose plan is kept, or by many."""

    name: str
    kind: str
    via: str
    found: str
    one: str
    many: str = ""
    condition: str = ""

    def sql(self, which: str, *, profile: bool) -> str:
        record = _RECORD.format(via=self.via, profile="e.profile::text" if profile else "null")
        latest = _LATEST if profile else ""
        return (
            record
            + self.found.format(asked=which)
            + _PERSON
            + latest
            + self.condition.format(asked=which)
            + _NEWEST_FIRST
        )

    def statement(self, *, profile: bool) -> Statement:
        return Statement(f"{self.name}{'_profiled' * profile}", self.kind, self.sql(self.one, profile=profile))


def _by_contact(name: str, among: str) -> _Way:
    found = f"\nfrom ({_OWNERS.replace('{among}', among)}) w\njoin parties p on p.id = w.party_id"
    return _Way(name, "text", "w.via", found, one="(values ($1))")


def _by_column(name: str, column: str, kind: str, via: str) -> _Way:
    return _Way(name, kind, via, " from parties p", "$1", f"any(%s::{kind}[])", f" where {column} = {{asked}}")


_ANYBODYS_CONTACT = _by_contact("known_by_contact", "")
_CONTACT = _by_contact("known_by_contact_enriched", _ENRICHED)
_DOCUMENT = _by_column("known_by_document", "p.cpf_cnpj", "text", "array[p.cpf_cnpj]")
_ID = _by_column("known_by_id", "p.id", "uuid", "array[]::text[]")

_decode = msgspec.json.Decoder(Record).decode


def known_by_contacts(
    values: Iterable[str], *, enriched: bool = True, profile: bool = True, read: Iterable[Record] = ()
) -> list[Known]:
    """Every party that one of these phones or e-mails belongs to, newest first; by default enriched ones only.

    What was `read` this very moment is not read again, and comes without its profile.
    """
    wanted = list(values)
    if len(wanted) <= 1:
        return _known(_CONTACT if enriched else _ANYBODYS_CONTACT, wanted, profile)
    # who first: most often nobody, or somebody who was read already, and planning the whole record takes long
    owners = _owners(wanted, _ENRICHED if enriched else "")
    records = {record.party_id: Known(record, frozenset(), None) for record in read}
    unread = [party_id for party_id in owners if party_id not in records]
    records |= {known.record.party_id: known for known in known_by_ids(unread, profile=profile)}
    return [replace(records[party_id], via=via) for party_id, via in owners.items() if party_id in records]


def _owners(contacts: list[str], among: str) -> dict[UUID, frozenset[str]]:
    """By party, the contacts that led to it."""
    with connections[reading_from()].cursor() as cursor:
        cursor.execute(_OWNERS_NEWEST_FIRST.format(asked="unnest(%s::text[])", among=among), [contacts])
        return {party_id: frozenset(via) for party_id, via in cursor.fetchall()}


def known_by_documents(documents: Iterable[str], *, profile: bool = True) -> list[Known]:
    return _known(_DOCUMENT, list(documents), profile)


def known_by_ids(ids: Iterable[UUID], *, profile: bool = True) -> list[Known]:
    return _known(_ID, list(ids), profile)


def _known(way: _Way, wanted: list[Any], profile: bool) -> list[Known]:
    """Without `profile` it is not read: it is larger than all the rest."""
    if not wanted:
        return []
    if len(wanted) == 1:
        rows = rows_of(way.statement(profile=profile), wanted[0], using=reading_from())
    else:
        with connections[reading_from()].cursor() as cursor:
            cursor.execute(way.sql(way.many, profile=profile), [wanted])
            rows = cursor.fetchall()
    return [Known(_decode(row[3]), frozenset(row[1]), _stored(row[2])) for row in rows]


def _stored(profile: str | None) -> Any:
    return None if profile is None else msgspec.json.decode(profile)
