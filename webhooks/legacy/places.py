"""Where people live and what they own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from enrichment.providers.reading import cep, state
from parties.filing.places import place_key
from webhooks.legacy.contacts import NO_PARTY
from webhooks.legacy.source import Joined, Row, Wanted
from webhooks.legacy.staging import Known, Taken, parties_known, staged
from webhooks.legacy.values import SOURCE, calendar_day, confidence, first_moment, line, number, share, truth

_SPOT = {
    "street": "street",
    "number": "number",
    "complement": "complement",
    "neighborhood": "neighborhood",
    "city": "city",
    "state": "state",
    "cep": "zip_code",
}
HOMES = Wanted(
    table="core.party_addresses",
    key="id",
    joined={"a": Joined("core.addresses", "id", "address_id")},
    columns={
        "party_id": "t.party_id",
        "address_id": "a.id",
        "is_primary": "t.is_primary",
        "is_current": "t.is_current",
        "created_at": "a.created_at t.created_at",
        "seen_at": "t.updated_at t.created_at",
        "formatted": "a.formatted_address",
        **{ours: f"a.{theirs}" for ours, theirs in _SPOT.items()},
    },
)
PROPERTIES = Wanted(
    table="core.real_estate_properties",
    key="id",
    moments="t.created_at",
    columns={
        "iptu_number": "t.iptu_number",
        "area_m2": "t.area_m2",
        "assessed_value": "t.assessed_value",
        "created_at": "t.created_at",
        **{ours: f"t.{theirs}" for ours, theirs in _SPOT.items()},
    },
)
OWNERSHIPS = Wanted(
    table="core.property_ownerships",
    key="id",
    moments="t.created_at",
    columns={
        "property_id": "t.property_id",
        "party_id": "t.party_id",
        "share": "t.share",
        "start_date": "t.start_date",
        "end_date": "t.end_date",
        "confidence": "t.confidence",
    },
)
LONELY = Wanted(
    "core.addresses", "id", {}, joined={"h": Joined("core.party_addresses", "address_id", "id")}, lonely="h"
)
_STAGED_HOMES = """
id uuid, party_id uuid, address_id uuid, street text, number text, complement text, neighborhood text, city text,
state text, cep text, place_key text, is_primary boolean, created_at timestamptz, seen_at timestamptz
"""
_ADDRESSES = """
insert into addresses (id, street, number, complement, neighborhood, city, state, cep, place_key, created_at)
select distinct on (address_id) address_id, street, number, complement, neighborhood, city, state, cep, place_key,
  created_at from staged order by address_id, id on conflict do nothing
"""
# not `not exists`, as with the contacts
_HOMES = f"""
insert into party_addresses (id, party_id, address_id, is_primary, source, seen_at)
select s.id, s.party_id, a.id, s.is_primary and (
    select o.id from party_addresses o where o.party_id = s.party_id and o.is_primary limit 1) is null,
  '{SOURCE}', s.seen_at
from staged s cross join lateral (select id from addresses where place_key = s.place_key offset 0) a
cross join lateral (select p.origins from parties p where p.id = s.party_id offset 0) p
where not coalesce((p.origins -> ('addresses.' || s.place_key) ->> 'pinned')::boolean, false)
order by s.id on conflict do nothing
"""  # noqa: S608  all of it is ours
CROWN = """
update party_addresses c set is_primary = true from (
  select distinct on (party_id) id, is_primary from party_addresses
  where party_id between %s and %s order by party_id, is_primary desc, id) best
where c.id = best.id and not best.is_primary
"""
_STAGED_PROPERTIES = """
id uuid, iptu_number text, street text, number text, neighborhood text, city text, state text, cep text,
area_m2 numeric, assessed_value numeric, created_at timestamptz
"""
_PROPERTIES = """
insert into real_estate_properties (id, iptu_number, street, number, neighborhood, city, state, cep, area_m2,
  assessed_value, created_at) select * from staged order by id on conflict do nothing
"""
_SAME_PROPERTY = """
insert into legacy_aliases (legacy_id, here_id)
select s.id, r.id from staged s join real_estate_properties r
  on r.city = s.city and r.iptu_number = s.iptu_number and r.iptu_number <> '' and r.id <> s.id
on conflict (legacy_id) do update set here_id = excluded.here_id
"""
_STAGED_OWNERSHIPS = """
id uuid, property_id uuid, party_id uuid, share numeric, start_date date, end_date date, confidence numeric
"""
_OWNERSHIPS = """
insert into property_ownerships (id, property_id, party_id, share, start_date, end_date, confidence)
select s.id, r.id, s.party_id, s.share, s.start_date, s.end_date, s.confidence
from staged s left join legacy_aliases a on a.legacy_id = s.property_id
join real_estate_properties r on r.id = coalesce(a.here_id, s.property_id)
order by s.id on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class Spot:
    """An address as the predecessor had it, in our lengths."""

    street: str
    number: str
    complement: str
    neighborhood: str
    city: str
    state: str
    cep: str

    @classmethod
    def read(cls, row: Row) -> "Spot":
        return cls(
            street=line(row["street"]) or line(row.get("formatted", "")),
            number=line(row["number"], 30),
            complement=line(row["complement"], 120),
            neighborhood=line(row["neighborhood"], 120),
            city=line(row["city"], 120),
            state=state(row["state"]),
            cep=cep(row["cep"]),
        )

    @property
    def is_nowhere(self) -> bool:
        return not (self.street or self.city or self.cep)


def homes_take(rows: Sequence[Row]) -> Taken:
    taken, now = Taken(), timezone.now()
    parties = parties_known(row["party_id"] for row in rows)
    homes = [home for row in rows if (home := _home(row, parties.get(row["party_id"]), taken, now))]
    primaries: set[Any] = set()
    for home in homes:
        home["is_primary"] = home["is_primary"] and home["party_id"] not in primaries
        primaries |= {home["party_id"]} if home["is_primary"] else set()
    written = staged(_STAGED_HOMES, (tuple(h.values()) for h in homes), {"addresses": _ADDRESSES, "homes": _HOMES})
    taken.written = written["homes"]
    return taken


def _home(row: Row, party: Known | None, taken: Taken, now: datetime) -> dict[str, Any] | None:
    spot = Spot.read(row)
    why = NO_PARTY if party is None else _unfit(row, spot)
    if party is None or why:
        taken.refuse(row["key"], why)
        return None
    at = first_moment(row, "seen_at", otherwise=now)
    return {
        "id": row["key"],
        "party_id": party.id,
        "address_id": row["address_id"],
        **{column: getattr(spot, column) for column in _SPOT},
        "place_key": place_key(spot),
        "is_primary": truth(row["is_primary"]),
        "created_at": first_moment(row, "created_at", otherwise=at),
        "seen_at": at,
    }


def _unfit(row: Row, spot: Spot) -> str:
    if not row["address_id"]:
        return "there is no such address"
    if row["is_current"] and not truth(row["is_current"]):
        return "no longer current"
    return "an address without street, town and CEP" if spot.is_nowhere else ""


def lonely_take(rows: Sequence[Row]) -> Taken:
    taken = Taken()
    for row in rows:
        taken.refuse(row["key"], "nobody lives there")
    return taken


def properties_take(rows: Sequence[Row]) -> Taken:
    now = timezone.now()
    statements = {"written": _PROPERTIES, "same": _SAME_PROPERTY}
    return Taken(written=staged(_STAGED_PROPERTIES, (_property(row, now) for row in rows), statements)["written"])


def _property(row: Row, now: datetime) -> tuple[Any, ...]:
    spot = Spot.read(row)
    return (
        row["key"], line(row["iptu_number"], 40), spot.street, spot.number, spot.neighborhood, spot.city, spot.state,
        spot.cep, _size(row["area_m2"], 10), _size(row["assessed_value"], 14),
        first_moment(row, "created_at", otherwise=now),
    )  # fmt: skip


def _size(written: str, digits: int) -> Any:
    found = number(written)
    return round(found, 2) if found is not None and 0 <= found < 10**digits - 1 else None


def ownerships_take(rows: Sequence[Row]) -> Taken:
    taken = Taken()
    parties = parties_known(row["party_id"] for row in rows)
    told = []
    for row in rows:
        if party := parties.get(row["party_id"]):
            told.append(_ownership(row, party))
        else:
            taken.refuse(row["key"], NO_PARTY)
    taken.written = staged(_STAGED_OWNERSHIPS, told, {"written": _OWNERSHIPS})["written"]
    return taken


def _ownership(row: Row, party: Known) -> tuple[Any, ...]:
    return (
        row["key"], row["property_id"] or None, party.id, share(row["share"]), calendar_day(row["start_date"]),
        calendar_day(row["end_date"]), confidence(row["confidence"]),
    )  # fmt: skip
