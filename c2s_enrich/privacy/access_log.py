"""Who saw what in clear: noted in memory as it happens, and written about once a second, many rows in one statement."""

import atexit
import os
import threading
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.db import Error as DatabaseError
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from psycopg_pool import PoolTimeout

from c2s_enrich.ids import uuid7
from c2s_enrich.privacy.models import Looker
from c2s_enrich.request_id import current_request_id

log = structlog.get_logger(__name__)

_WRITE = """
insert into access_log (id, at, kind, who, thing, thing_id, party_id, fields, reason, request_id)
select * from jsonb_to_recordset(%s::jsonb) as r (id uuid, at timestamptz, kind text, who text, thing text,
  thing_id text, party_id uuid, fields text[], reason text, request_id text)
on conflict do nothing
"""
AT_ONCE = 500
# while the database is away; beyond it the answers themselves are refused for want of a database
MOST_WAITING = 100_000


def seen_by_staff(request: HttpRequest, rows: Iterable[Model], *, fields: Iterable[str], reason: str = "") -> None:
    """Somebody of staff was shown these rows in clear; by default the page says why."""
    where = request.resolver_match.url_name if request.resolver_match else ""
    _note(Looker.STAFF, request.user.get_username(), [thing_of(row) for row in rows], fields, reason or where or "")


def seen_by_key(request: Any, things: Iterable["Thing"], *, fields: Iterable[str], key: Any = None) -> None:
    """A key with the scope `pii` was answered in clear; the operation says why."""
    match = request.resolver_match
    _note(
        Looker.KEY,
        (key or request.auth).name,
        list(things),
        fields,
        f"{request.method} {match.url_name if match else ''}",
    )


def seen_by(kind: Looker, who: str, things: Iterable["Thing"], *, fields: Iterable[str], reason: str) -> None:
    """Of what no page and no answer shows."""
    _note(kind, who, list(things), fields, reason)


Thing = tuple[str, str, UUID | None]


def thing_of(row: Model) -> Thing:
    """Which row, and whose it is."""
    return row._meta.label_lower, str(row.pk), _party_of(row)


def party_thing(party_id: UUID) -> Thing:
    return "parties.party", str(party_id), party_id


def _party_of(row: Any) -> UUID | None:
    if row._meta.label_lower == "parties.party":
        return row.pk
    for holder in (row, _loaded(row, "lead"), _loaded(_loaded(row, "run"), "lead")):
        if (party_id := getattr(holder, "party_id", None)) is not None:
            return party_id
    return None


def _loaded(row: Any, name: str) -> Any:
    """What was read along with the row: a log asks no questions of its own."""
    return row._state.fields_cache.get(name) if isinstance(row, Model) else None


def _note(kind: Looker, who: str, things: list[Thing], fields: Iterable[str], reason: str) -> None:
    now, told = timezone.now(), (sorted(fields), reason[:200], current_request_id()[:64])
    _pending.add(
        [
            _Entry(uuid7(), now, kind.value, who[:150], thing, thing_id[:64], party_id, *told)
            for thing, thing_id, party_id in things
        ]
    )


def write_out() -> bool:
    """Whether all that was noted in this process is stored."""
    return _pending.write()


def _stored(entries: list["_Entry"]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [msgspec.json.encode(entries).decode()])


class _Entry(msgspec.Struct, frozen=True):
    """An `AccessEntry` to be: a model's object takes longer to make than the rest of a look-up together."""

    id: UUID
    at: datetime
    kind: str
    who: str
    thing: str
    thing_id: str
    party_id: UUID | None
    fields: list[str]
    reason: str
    request_id: str


class Pending:
    """What this process has noted and not stored yet; 0 seconds leaves the storing to who asks for it."""

    def __init__(self, every: float = 1.0) -> None:
        self._every = every
        self.start_afresh()

    def start_afresh(self) -> None:
        """Also what a forked process does: its parent stores what the parent noted."""
        self._lock, self._writing, self._waiting = threading.Lock(), threading.Lock(), threading.Event()
        self._entries: list[_Entry] = []
        self._thread: threading.Thread | None = None

    def add(self, entries: list[_Entry]) -> None:
        if not entries:
            return
        with self._lock:
            room = max(0, MOST_WAITING - len(self._entries))
            self._entries.extend(entries[:room])
            if self._every and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="access log", daemon=True)
                self._thread.start()
                # a process that is told to stop writes out before it goes
                atexit.register(self.write)
        if len(entries) > room:
            log.error("access log overflowed", lost=len(entries) - room)
        self._waiting.set()

    def write(self) -> bool:
        """Each entry has its id from the start: what is written twice is stored once."""
        with self._writing:
            while batch := self._entries[:AT_ONCE]:
                try:
                    _stored(batch)
                except (DatabaseError, PoolTimeout) as error:
                    log.warning("access log waits for the database", kind=type(error).__name__)
                    return False
                with self._lock:
                    del self._entries[: len(batch)]
        return True

    def _run(self) -> None:
        while True:
            self._waiting.wait()
            time.sleep(self._every)
            self._waiting.clear()
            if not self.write():
                self._waiting.set()
            connection.close()


_pending = Pending()
os.register_at_fork(after_in_child=lambda: _pending.start_afresh())
