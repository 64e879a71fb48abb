"""One round trip per request: has the register of keys changed, is this key within its limit, and what is cached?

Both are kept in Redis, for all processes. While Redis is away each process counts for itself.
"""

import hashlib
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import structlog
from redis import Redis
from redis.exceptions import NoScriptError

from c2s_enrich import sealed_cache
from c2s_enrich.ids import uuid7

log = structlog.get_logger(__name__)
_LIMIT = "limit"
# The generic cell rate algorithm: one number per key says when its bucket will be empty again. A generation that
# is gone (Redis was emptied, or needed the room) counts as a change.
_PULSE = """
local generation = redis.call('GET', KEYS[1])
if not generation then
  generation = table.concat(redis.call('TIME'), '.')
  redis.call('SET', KEYS[1], generation)
end
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local found = {}
if #KEYS > 2 then found = redis.call('MGET', unpack(KEYS, 3)) end
if rate == 0 then return {generation, 0, found} end
local clock = redis.call('TIME')
local now, step = clock[1] * 1000000 + clock[2], 1000000 / rate
local due = math.max(tonumber(redis.call('GET', KEYS[2]) or 0), now) + step
local wait = due - now - step * burst
if wait > 0 then return {generation, math.ceil(wait), {}} end
redis.call('SET', KEYS[2], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1)
return {generation, 0, found}
"""
_SHA = hashlib.sha1(_PULSE.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Limit:
    key: UUID
    rate: int
    burst: int


NO_LIMIT = Limit(UUID(int=0), 0, 0)


@dataclass(frozen=True, slots=True)
class Pulse:
    """`generation` is of the register; `wait` the seconds until the key may ask again, 0 for now."""

    generation: str
    wait: float
    found: Sequence[bytes | None] = ()


def pulse(limit: Limit, peeked: Sequence[str] = ()) -> Pulse | None:
    """None while Redis is away; `peeked` are keys of the cache to read on the way, unless the key must wait."""
    return sealed_cache.in_redis(lambda redis: _pulse(redis, limit, peeked), None)


def _pulse(redis: Redis, limit: Limit, peeked: Sequence[str]) -> Pulse:
    keys = [_register(), _bucket(limit.key), *peeked]
    told = [len(keys), *keys, limit.rate, max(1, limit.burst)]
    try:
        answer: Any = redis.execute_command("EVALSHA", _SHA, *told)
    except NoScriptError:
        answer = redis.execute_command("EVAL", _PULSE, *told)
    generation, wait, found = answer
    return Pulse(generation.decode(), wait / 1_000_000, found)


def register_changed() -> None:
    """Every process asks the database anew, from its next request on."""
    sealed_cache.in_redis_or_owe(lambda redis: redis.set(_register(), uuid7().hex))


@lru_cache(maxsize=1024)
def _bucket(key: UUID) -> str:
    return sealed_cache.shared_key(_LIMIT, str(key))


def _register() -> str:
    return sealed_cache.shared_key(sealed_cache.REGISTER)


class Buckets:
    """The same arithmetic in this process alone."""

    def __init__(self) -> None:
        self._lock, self._due = threading.Lock(), dict[UUID, float]()

    def wait(self, limit: Limit) -> float:
        if limit.rate == 0:
            return 0.0
        step, now = 1 / limit.rate, time.monotonic()
        with self._lock:
            due = max(self._due.get(limit.key, 0.0), now) + step
            wait = due - now - step * max(1, limit.burst)
            if wait > 0:
                return wait
            self._due[limit.key] = due
        return 0.0


def seconds(wait: float) -> int:
    """As `Retry-After` says it."""
    return max(1, math.ceil(wait))
