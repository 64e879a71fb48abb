"""The whole import: table by table, chunk by chunk, each chunk committed with how far it got."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Self

from django.db import connection, transaction
from django.utils import timezone

from c2s_enrich.sealed_cache import forget_everything
from webhooks.legacy import contacts, events, learnt, parties, places, ties
from webhooks.legacy.source import CannotImport, Row, Source, Wanted
from webhooks.legacy.staging import Refusal, Taken, crowned
from webhooks.models import LegacyImport

# one of ours at a time, whoever started it
_LOCK = 7_261_934
_SLACK = timedelta(hours=1)
Progress = Callable[[str, int, int], None]


class Part(NamedTuple):
    """`take` files what `read` made of a chunk; `read` asks no database and goes on while the one before is filed."""

    name: str
    wanted: Wanted
    take: Callable[[Any], Taken]
    read: Callable[[Sequence[Row]], Any] = tuple
    at_once: int = 5000


class Chunk(NamedTuple):
    size: int
    last_key: str
    read: Any


PARTS = (
    Part("parties", parties.WANTED, parties.parties_take, parties.parties_read),
    Part("people", parties.LONELY[0], parties.lonely_take),
    Part("companies", parties.LONELY[1], parties.lonely_take),
    Part("party_contacts", contacts.WANTED, contacts.contacts_take, contacts.contacts_read),
    # whole payloads: some are tens of kilobytes
    Part("party_enrichments", learnt.WANTED, learnt.enrichments_take, learnt.enrichments_read, at_once=1000),
    Part("addresses", places.LONELY, places.lonely_take),
    Part("party_addresses", places.HOMES, places.homes_take),
    Part("real_estate_properties", places.PROPERTIES, places.properties_take),
    Part("property_ownerships", places.OWNERSHIPS, places.ownerships_take),
    Part("party_relationships", ties.WANTED, ties.relationships_take),
    Part("webhook_events", events.EVENTS, events.events_take, at_once=1000),
    Part("google_ads_leads", events.FORMS, events.forms_take, at_once=1000),
)
_FILLED = {
    "parties": ("parties", "people", "companies", "legacy_aliases"),
    "party_contacts": ("party_contacts",),
    "party_enrichments": ("party_enrichments", "party_finances", "people"),
    "party_addresses": ("addresses", "party_addresses"),
    "real_estate_properties": ("real_estate_properties",),
    "google_ads_leads": ("leads", "runs", "webhook_events"),
}
# once all of a part is in: who has none that is to be used first gets one
_CROWNS = {"party_contacts": contacts.CROWN, "party_addresses": places.CROWN}
_NAMES = [part.name for part in PARTS]


def legacy_import(*, source: Source, refused: Path, progress: Progress, everything: bool = False) -> LegacyImport:
    """Go on where an interrupted import of this source stopped; else take what is new since the last one."""
    source.check()
    with _alone():
        turn = _turn(source, everything, refused)
        with RefusedRows(refused, turn.refused_bytes) as file:
            for part in PARTS[_NAMES.index(turn.part or _NAMES[0]) :]:
                _import(part, source, turn, file, progress)
        turn.finished_at = timezone.now()
        turn.save()
    # somebody may have been looked up, and not found, before
    forget_everything()
    return turn


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise CannotImport("An import is under way already.")
        # a server that falls loses the last chunks together with the note that they were in
        cursor.execute("set synchronous_commit = off")
        try:
            yield
        finally:
            cursor.execute("reset synchronous_commit")
            cursor.execute("select pg_advisory_unlock(%s)", [_LOCK])


def _turn(source: Source, everything: bool, refused: Path) -> LegacyImport:
    past = LegacyImport.objects.filter(source=source.name).order_by("-id")
    if (last := past.first()) and not last.finished_at:
        return last
    since = last.began_at if last and not everything else None
    size = refused.stat().st_size if refused.exists() else 0
    return LegacyImport.objects.create(source=source.name, since=since, refused_bytes=size)


def _import(part: Part, source: Source, turn: LegacyImport, file: "RefusedRows", progress: Progress) -> None:
    if not all(source.has(table) for table in _tables(part)):
        return
    if turn.part != part.name:
        turn.part, turn.last_key = part.name, ""
    total = source.count(part.wanted)
    done = turn.counts.get(part.name, {}).get("read", 0)
    progress(part.name, done, total)
    for chunk in _chunks(part, source, turn):
        _chunk(part, chunk, turn, file)
        done += chunk.size
        progress(part.name, done, total)
    _analyze(part)
    if part.name in _CROWNS:
        crowned(_CROWNS[part.name])


def _chunks(part: Part, source: Source, turn: LegacyImport) -> Iterator[Chunk]:
    """The next one is read while the one before is filed."""
    rows_after = partial(source.chunk, part.wanted, since=_since(turn), size=part.at_once)

    def chunk_after(key: str) -> Chunk:
        rows = rows_after(after=key)
        return Chunk(len(rows), rows[-1]["key"] if rows else "", part.read(rows))

    with ThreadPoolExecutor(1) as reader:
        chunk = chunk_after(turn.last_key)
        while chunk.size:
            ahead = reader.submit(chunk_after, chunk.last_key)
            yield chunk
            chunk = ahead.result()


def _tables(part: Part) -> list[str]:
    joined = part.wanted.joined
    return [part.wanted.table, *([joined[part.wanted.lonely].table] if part.wanted.lonely else [])]


def _since(turn: LegacyImport) -> datetime | None:
    # what was being written when the last import began was not to be seen by it
    return turn.since - _SLACK if turn.since else None


@transaction.atomic
def _chunk(part: Part, chunk: Chunk, turn: LegacyImport, file: "RefusedRows") -> None:
    taken = part.take(chunk.read)
    so_far = turn.counts.get(part.name, {})
    told = {"read": chunk.size, "written": taken.written, "refused": len(taken.refused)}
    turn.counts[part.name] = {name: so_far.get(name, 0) + count for name, count in told.items()}
    turn.last_key, turn.refused_bytes = chunk.last_key, file.add(part.name, taken.refused)
    turn.save()


def _analyze(part: Part) -> None:
    """Else the planner goes by what the tables were before."""
    with connection.cursor() as cursor:
        for table in _FILLED.get(part.name, ()):
            cursor.execute(f"analyze {table}")


class RefusedRows:
    """What did not come in, and why: table, key and reason, one row a line.

    What a killed import wrote after its last commit is cut off again.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._file = open(path, "ab")  # noqa: SIM115  closed with the context
        self._file.truncate(min(size, path.stat().st_size))
        self._file.seek(0, os.SEEK_END)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def add(self, table: str, refused: Iterable[Refusal]) -> int:
        """The size of the file, with these in it."""
        lines = (f"{table}\t{key}\t{why}\n" for key, why in refused)
        self._file.write("".join(lines).encode())
        self._file.flush()
        return self._file.tell()
