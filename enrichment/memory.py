"""What is remembered of an identifier: in the cache, sealed; in the database, the paid answers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from c2s_enrich import sealed_cache
from c2s_enrich.counters import count, counted
from c2s_enrich.replica import is_behind, reading_from
from parties.identifiers import CPF, Email, Identifier, Phone
from parties.record import Record

# what is cached under an identifier besides a run's entry
CONTACT, VALIDATION, COMPANY, WORK_MODULE = "contact", "validation", "company", "work_module"
# whole answers, ready to be sent
CLEAR, MASKED = "answer", "masked_answer"
CONTACT_TTL = 3600
_SEAL = "discovery"

_FRESHLY_CHANGED, _LONG_UNCHANGED = timedelta(days=1), timedelta(days=90)
# without a shared cache no process hears of another's changes, so it may not trust its own for long
_UNSHARED_TTL = 60


class Namesake(msgspec.Struct, frozen=True):
    """Somebody whom an identifier led to: who, not what is known of them."""

    cpf: str
    name: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What one identifier leads to. `asked`: the provider was asked, so `people` is its whole answer."""

    records: list[Record] = []
    people: list[Namesake] = []
    asked: bool = False


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode
_people = msgspec.json.Decoder(list[Namesake]).decode

_ASKED = "select identifier_hash, people::text, asked_at from discoveries where identifier_hash = any(%s)"
_NOTE = """
insert into discoveries (identifier_hash, sealed, people, asked_at) values (%s, %s, %s, %s)
on conflict (identifier_hash) do update
  set sealed = excluded.sealed, people = excluded.people, asked_at = excluded.asked_at
"""


def kind_of(identifier: Identifier) -> str:
    if isinstance(identifier, Phone):
        return "phone"
    return "email" if isinstance(identifier, Email) else "document"


def cached(identifiers: Iterable[Identifier]) -> dict[str, Entry]:
    """By canonical value. An entry of an older shape is a miss."""
    wanted = [(kind_of(i), i.value) for i in identifiers]
    found = sealed_cache.get_many(wanted)
    entries = {value: entry for (_, value), raw in found.items() if (entry := _readable(raw)) is not None}
    counted("contactCache", True, len(entries))
    counted("contactCache", False, len(wanted) - len(entries))
    return entries


def remember(entries: Mapping[Identifier, Entry]) -> None:
    by_ttl: dict[float, dict[tuple[str, str], bytes]] = defaultdict(dict)
    for identifier, entry in entries.items():
        by_ttl[_ttl(entry)][kind_of(identifier), identifier.value] = _encode(entry)
    for ttl, values in by_ttl.items():
        sealed_cache.set_many(values, ttl=ttl)


def on_file(identifiers: Iterable[Identifier]) -> dict[str, Entry]:
    """For plain look-ups, by canonical value: the people whom a run remembered, else what the last look-up read."""
    wanted = list(identifiers)
    plain = [(CONTACT, i.value) for i in wanted]
    found = sealed_cache.get_many([*plain, *((kind_of(i), i.value) for i in wanted)])
    entries: dict[str, Entry] = {}
    for (kind, value), raw in found.items():
        entry = _readable(raw)
        if entry is not None and (entry.records or (kind == CONTACT and value not in entries)):
            entries[value] = entry
    counted("contactCache", True, len(entries))
    counted("contactCache", False, len(wanted) - len(entries))
    return entries


def on_file_remember(entries: Mapping[Identifier, Entry]) -> None:
    values = {(CONTACT, identifier.value): _encode(entry) for identifier, entry in entries.items()}
    sealed_cache.set_many(values, ttl=shareable(CONTACT_TTL))


def shareable(ttl: float) -> float:
    """Without a shared cache nothing is trusted for long, nor is what a replica told, which may be behind."""
    return ttl if sealed_cache.shared() and not is_behind() else min(ttl, _UNSHARED_TTL)


def remembered(values: Iterable[str]) -> set[str]:
    """Those of which anything is cached; looking for it counts neither as a hit nor as a miss."""
    kept = sealed_cache.get_many([(kind, value) for value in values for kind in _kinds(value)])
    return {value for _kind, value in kept}


def forget_values(values: Iterable[str]) -> int:
    """Drop what is cached of these phones, e-mails and documents."""
    return sealed_cache.delete_many((kind, value) for value in values for kind in _kinds(value))


def _kinds(value: str) -> Iterator[str]:
    """All that may be cached under a canonical value: its shape tells which it is."""
    yield from (CONTACT, VALIDATION, CLEAR, MASKED)
    if "@" in value:
        yield "email"
    elif value.startswith("+"):
        yield "phone"
    else:
        yield "document"
        yield COMPANY
        yield WORK_MODULE


def discovered(identifiers: Iterable[Identifier], *, since: datetime | None = None) -> dict[str, list[Namesake]]:
    """Paid answers that still hold: a found person for long, "nobody" for an hour; none older than `since`."""
    hashes = {digest: i.value for i in identifiers for digest in sealed_cache.identifier_hashes(kind_of(i), i.value)}
    now = timezone.now()
    # every lead asks several times: by the ORM, putting the question together took longer than the answer
    with connections[reading_from()].cursor() as cursor:
        cursor.execute(_ASKED, [list(hashes)])
        rows = cursor.fetchall()
    found = {}
    # while keys rotate an answer may stand under both: the newer counts
    for digest, told, asked_at in sorted(rows, key=lambda row: row[2]):
        people = _people(told)
        keeps = timedelta(days=settings.REFRESH_AFTER_DAYS) if people else timedelta(seconds=settings.CACHE_TTL_UNKNOWN)
        if asked_at + keeps > now and (since is None or asked_at > since):
            found[hashes[digest]] = people
    return found


def discovery_note(identifier: Identifier, people: Iterable[Namesake]) -> None:
    """Write a paid answer down at once: whatever happens next, it need not be bought again."""
    kind, value = kind_of(identifier), identifier.value
    told = (sealed_cache.identifier_hash(kind, value), identifier_seal(kind, value), _encode(list(people)).decode())
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [*told, timezone.now()])


def identifier_seal(kind: str, value: str) -> str:
    return sealed_cache.seal(_SEAL, f"{kind}:{value}".encode())


def identifier_unseal(sealed: str) -> tuple[str, str] | None:
    """Kind and value, or None where no valid key opens it."""
    raw = sealed_cache.unseal(_SEAL, sealed)
    if raw is None:
        return None
    kind, _, value = raw.decode().partition(":")
    return kind, value


def document_of(record: Record) -> CPF | None:
    parsed = CPF.parse(record.document or "")
    return parsed if isinstance(parsed, CPF) else None


def _readable(raw: bytes) -> Entry | None:
    try:
        return _decode(raw)
    except (msgspec.ValidationError, msgspec.DecodeError):
        count("unreadable")
        return None


def _ttl(entry: Entry) -> float:
    if not entry.records and not entry.people:
        ttl: float = settings.CACHE_TTL_UNKNOWN
    else:
        ttl = settings.CACHE_TTL_KNOWN * _steadiness(entry)
    return shareable(ttl)


def _steadiness(entry: Entry) -> float:
    """What changed yesterday may change again tomorrow; what stood still for a season will."""
    if not entry.records:
        return 1.0
    age = timezone.now() - max(record.updated_at for record in entry.records)
    if age < _FRESHLY_CHANGED:
        return 0.5
    return 2.0 if age > _LONG_UNCHANGED else 1.0
