"""One round trip per request: has the register of keys changed, and is this key within its limit?

Both are kept in Redis, for all processes. While Redis is away each process counts for itself.
"""

import math
import threading
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from redis import Redis

from c2s_enrich import sealed_cache
from c2s_enrich.ids import uuid7

log = structlog.get_logger(__name__)
_LIMIT = "limit"
# The generic cell rate algorithm: one number per key says when its bucket will be empty again. A generation that
# is gone (Redis was emptied, or needed the room) counts as a change.
_PULSE = """
local generation = redis.call('GET', KEYS[1])
if not generation then
  generation = ARGV[1]
  redis.call('SET', KEYS[1], generation)
end
local rate, burst = tonumber(ARGV[2]), tonumber(ARGV[3])
if rate == 0 then return {generation, 0} end
local clock = redis.call('TIME')
local now, step = clock[1] * 1000000 + clock[2], 1000000 / rate
local due = math.max(tonumber(redis.call('GET', KEYS[2]) or 0), now) + step
local wait = due - now - step * burst
if wait > 0 then return {generation, math.ceil(wait)} end
redis.call('SET', KEYS[2], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1)
return {generation, 0}
"""


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


def pulse(limit: Limit) -> Pulse | None:
    """None while Redis is away."""
    return sealed_cache.in_redis(lambda redis: _pulse(redis, limit), None)


def _pulse(redis: Redis, limit: Limit) -> Pulse | None:
    keys = [_register(), sealed_cache.shared_key(_LIMIT, str(limit.key))]
    script: Any = redis.register_script(_PULSE)
    generation, wait = script(keys=keys, args=[uuid7().hex, limit.rate, max(1, limit.burst)])
    return Pulse(generation.decode(), wait / 1_000_000)


def register_changed() -> None:
    """Every process asks the database anew, from its next request on."""
    sealed_cache.in_redis_or_owe(lambda redis: redis.set(_register(), uuid7().hex))


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
