"""Wrong credentials: after 20 in a minute from one address the next one hears 429. A right one never comes here."""

import math
import threading
import time
from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest
from redis import Redis
from rest_framework.request import Request

from c2s_enrich import sealed_cache
from c2s_enrich.errors import Refusal

log = structlog.get_logger(__name__)
MOST_FAILURES, WINDOW = 20, 60.0
_MOST_ADDRESSES = 10_000
# A list of the latest failures: exact over any 60 seconds, and what is refused by it does not prolong it.
_FAILED = """
local clock = redis.call('TIME')
local now, window = clock[1] * 1000 + math.floor(clock[2] / 1000), tonumber(ARGV[2])
local oldest = redis.call('LINDEX', KEYS[1], 0)
while oldest and tonumber(oldest) <= now - window do
  redis.call('LPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], 0)
end
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[1]) then return oldest + window - now end
redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], window)
return 0
"""


def failure_note(address: str) -> None:
    """Somebody at this address showed a wrong credential; raises the 429 when it was one too many."""
    wait = sealed_cache.in_redis(lambda redis: _failed(redis, address), None)
    if wait is None:
        wait = _alone.failed(address)
    if wait > 0:
        log.warning("wrong credentials throttled")
        sentence = "Too many wrong credentials came from this address: wait and try again."
        raise Refusal(429, sentence, "too_many_failures", retry_after=max(1, math.ceil(wait)))


def address_of(request: HttpRequest | Request) -> str:
    """Who asks, by address; what a proxy says is believed of as many proxies as `TRUSTED_PROXIES` counts."""
    nearest = str(request.META.get("REMOTE_ADDR") or "")
    if not settings.TRUSTED_PROXIES:
        return _network(nearest)
    told = [hop.strip() for hop in str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",") if hop.strip()]
    if len(told) < settings.TRUSTED_PROXIES:
        return _network(nearest)
    return _network(told[-settings.TRUSTED_PROXIES]) or _network(nearest)


def _network(hop: str) -> str:
    """An IPv6 customer has a whole /64 to change addresses in; a port, or a name, says nothing."""
    text = hop[1:].partition("]")[0] if hop.startswith("[") else hop
    text = text.partition(":")[0] if text.count(":") == 1 else text
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
    return str(address)


def _failed(redis: Redis, address: str) -> float:
    script: Any = redis.register_script(_FAILED)
    wait: int = script(
        keys=[sealed_cache.shared_key("failures", address or "unknown")], args=[MOST_FAILURES, int(WINDOW * 1000)]
    )
    return wait / 1000


class Failures:
    """The same in this process alone, while Redis is away."""

    def __init__(self) -> None:
        self._lock, self._by_address = threading.Lock(), OrderedDict[str, deque[float]]()

    def failed(self, address: str) -> float:
        now = time.monotonic()
        with self._lock:
            times = self._by_address.setdefault(address, deque(maxlen=MOST_FAILURES))
            self._by_address.move_to_end(address)
            if len(self._by_address) > _MOST_ADDRESSES:
                self._by_address.popitem(last=False)
            if len(times) == MOST_FAILURES and times[0] > now - WINDOW:
                return times[0] + WINDOW - now
            times.append(now)
        return 0.0


_alone = Failures()
