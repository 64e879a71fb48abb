"""The keys this process knows: each is asked of the database once in half an hour, and again once any key changed."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from c2s_enrich.counters import counted
from c2s_enrich.key_pulse import NO_LIMIT, Buckets, Limit, Pulse, pulse
from c2s_enrich.models import ApiKey, hash_of_key
from c2s_enrich.pool import database_answers

KNOWN_FOR = 30 * 60.0
_LAST_USE_IS_NOTED_EVERY = timedelta(minutes=5)
# seconds: what Redis and this process know is told without the database, and nobody waits for a note
_NOTED_WITHIN = 0.5


@dataclass(frozen=True, slots=True)
class Known:
    """A key as this process knew it last; only `admit` and `admit_peeking` say whether it still holds."""

    key: ApiKey
    limit: Limit
    generation: str
    until: float


@dataclass(frozen=True, slots=True)
class Admission:
    """A key that exists and is valid, and how long it must wait for having asked too often."""

    key: ApiKey
    wait: float
    found: Sequence[bytes | None] = ()


_known: dict[str, Known] = {}
_buckets = Buckets()
_lock = threading.Lock()


def admit(given: str) -> Admission | None:
    """The valid key behind a clear text, or None. Expiry is looked at each time, known or not."""
    digest = hash_of_key(given)
    known = _known.get(digest)
    beat = pulse(known.limit if known else NO_LIMIT)
    if known and beat and known.generation == beat.generation and time.monotonic() < known.until:
        counted("userCache", True)
        admission = _unexpired(known.key, beat.wait)
    else:
        admission = _asked(digest, known, beat)
    if admission:
        _note_use(admission.key)
    return admission


def recognised(given: str) -> Known | None:
    return _known.get(hash_of_key(given)) if given else None


def admit_unasked(given: str) -> Admission | None:
    """While the database is away: as this process knew it last."""
    known = recognised(given)
    return _unexpired(known.key, 0.0) if known else None


def admit_peeking(known: Known, peeked: Sequence[str]) -> Admission | None:
    """A recognised key and what the cache holds under these keys, in one round trip; None if it is to be asked for."""
    beat = pulse(known.limit, peeked)
    if beat is None or known.generation != beat.generation or time.monotonic() >= known.until:
        return None
    counted("userCache", True)
    if known.key.expires_at and known.key.expires_at <= timezone.now():
        return None
    _note_use(known.key)
    return Admission(known.key, beat.wait, beat.found)


def limit_of(key: ApiKey) -> Limit:
    return Limit(key.pk, key.rate_per_second, key.burst)


def _asked(digest: str, known: Known | None, beat: Pulse | None) -> Admission | None:
    """Of the database. The generation was read before, so a change in between is noticed at the next request."""
    counted("userCache", False)
    key = ApiKey.objects.usable().filter(key_hash=digest).first()
    if beat is None:
        # whatever changes while Redis is away, nobody is told
        _known.clear()
        return Admission(key, _buckets.wait(limit_of(key))) if key else None
    if key is None:
        _known.pop(digest, None)
        return None
    limit = limit_of(key)
    _known[digest] = Known(key, limit, beat.generation, time.monotonic() + KNOWN_FOR)
    if known is None:
        beat = pulse(limit)
    return Admission(key, beat.wait if beat else _buckets.wait(limit))


def _unexpired(key: ApiKey, wait: float) -> Admission | None:
    return None if key.expires_at and key.expires_at <= timezone.now() else Admission(key, wait)


def _note_use(key: ApiKey) -> None:
    """A write in five minutes, not per request."""
    now = timezone.now()
    with _lock:
        if key.last_used_at is not None and now - key.last_used_at <= _LAST_USE_IS_NOTED_EVERY:
            return
        key.last_used_at = now
    if not database_answers(connection, _NOTED_WITHIN):
        return
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
