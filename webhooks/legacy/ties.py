"""Who belongs to whom: a person to a company, whichever way round the predecessor had it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from parties.models import Kind, RelationshipKind
from parties.names import folded
from webhooks.legacy.contacts import NO_PARTY
from webhooks.legacy.source import Row, Wanted
from webhooks.legacy.staging import Known, Taken, parties_known, staged
from webhooks.legacy.values import SOURCE, calendar_day, confidence, first_moment, line

WANTED = Wanted(
    table="core.party_relationships",
    key="id",
    moments="t.created_at",
    columns={
        "from_party": "t.from_party_id",
        "to_party": "t.to_party_id",
        "role": "t.relationship_type",
        "start_date": "t.start_date",
        "end_date": "t.end_date",
        "confidence": "t.confidence",
        "created_at": "t.created_at",
    },
)
_PARTNER = ("socio", "partner", "qsa", "shareholder", "owner", "proprietar", "titular", "administrador")
_EMPLOYEE = ("empreg", "employ", "funcionari")
_STAGED = """
id uuid, from_party_id uuid, to_party_id uuid, kind text, role text, start_date date, end_date date,
confidence numeric, seen_at timestamptz
"""
_INSERT = f"""
insert into party_relationships (id, from_party_id, to_party_id, kind, role, start_date, end_date, source, confidence,
  seen_at, created_at)
select id, from_party_id, to_party_id, kind, role, start_date, end_date, '{SOURCE}', confidence, seen_at, seen_at
from staged order by id on conflict do nothing
"""  # noqa: S608  all of it is ours


def relationships_take(rows: Sequence[Row]) -> Taken:
    taken, now = Taken(), timezone.now()
    parties = parties_known(row[end] for row in rows for end in ("from_party", "to_party"))
    told = []
    for row in rows:
        here, there = parties.get(row["from_party"]), parties.get(row["to_party"])
        if here is None or there is None or here.id == there.id:
            taken.refuse(row["key"], "a tie to itself" if here and there else NO_PARTY)
        else:
            told.append(_tie(row, here, there, now))
    taken.written = staged(_STAGED, told, {"written": _INSERT})["written"]
    return taken


def _tie(row: Row, here: Known, there: Known, now: datetime) -> tuple[Any, ...]:
    if (here.kind, there.kind) == (Kind.COMPANY, Kind.PERSON):
        here, there = there, here
    role = line(row["role"], 120)
    return (
        row["key"], here.id, there.id, _kind(role), role, calendar_day(row["start_date"]),
        calendar_day(row["end_date"]), confidence(row["confidence"]), first_moment(row, "created_at", otherwise=now),
    )  # fmt: skip


def _kind(role: str) -> str:
    word = folded(role)
    if any(known in word for known in _PARTNER):
        return RelationshipKind.PARTNER.value
    return (RelationshipKind.EMPLOYEE if any(k in word for k in _EMPLOYEE) else RelationshipKind.UNKNOWN).value
