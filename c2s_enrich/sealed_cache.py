"""The only module that builds a cache key or touches the cache.

Keys carry a keyed hash of the identifier, values are sealed: a dump of Redis shows nobody. Every entry
carries the generation it was written in, so that forgetting everything is one write.
"""

import base64
import hashlib
import hmac
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.cache import cache
from django_redis.serializers.json import JSONSerializer

from c2s_enrich.ids import uuid7

log = structlog.get_logger(__name__)
T = TypeVar("T")

_GENERATION = "c2s:generation"
_FORMAT = 1
_JITTER = 0.1
_BATCH = 100


def identifier_hashes(kind: str, value: str) -> list[str]:
    """The identifier under every valid key, the current one first."""
    text = f"{kind}:{value}".encode("utf-8", "surrogatepass")
    return [hmac.new(key, text, hashlib.sha256).hexdigest() for key in _keys("hash")]


def identifier_hash(kind: str, value: str) -> str:
    return identifier_hashes(kind, value)[0]


def get_many(names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """The cached values of (kind, identifier) pairs, in one round trip; what cannot be read is a miss."""
    names = list(names)
    # fallback keys first: what the current key wrote is newer, and overwrites them below
    keys = {_key(digest): name for name in names for digest in reversed(identifier_hashes(*name))}
    found: dict[str, str] = _breaker.attempt(lambda: cache.get_many([_GENERATION, *keys]), {})
    generation = found.pop(_GENERATION, None)
    opened = ((name, _open(key, found[key], generation)) for key, name in keys.items() if key in found)
    return {name: value for name, value in opened if value is not None}


def set_many(values: Mapping[tuple[str, str], bytes], *, ttl: float) -> None:
    """Remember for `ttl` seconds, give or take a tenth, so that entries made together do not end together."""
    rest = iter(values.items())
    while batch := dict(islice(rest, _BATCH)):
        _breaker.attempt(lambda batch=batch: _write(batch, ttl), None)  # type: ignore[misc]


def _write(values: Mapping[tuple[str, str], bytes], ttl: float) -> None:
    generation = _generation()
    keys = {_key(identifier_hash(*name)): value for name, value in values.items()}
    seconds = max(1, round(ttl * random.uniform(1 - _JITTER, 1 + _JITTER)))  # noqa: S311  not a secret
    cache.set_many({key: _seal(key, generation, value) for key, value in keys.items()}, timeout=seconds)


def delete_many(names: Iterable[tuple[str, str]]) -> int:
    keys = [_key(digest) for name in names for digest in identifier_hashes(*name)]
    if keys:
        _breaker.attempt_or_owe(lambda: cache.delete_many(keys))
    return len(keys)


def forget_everything() -> None:
    _breaker.attempt_or_owe(_new_generation)


def reachable() -> bool:
    return _breaker.attempt(lambda: cache.get(_GENERATION, True) is not None, False)


def shared() -> bool:
    """Whether all processes see the same cache."""
    return bool(settings.REDIS_URL)


class _Breaker:
    """After a failure the cache is left alone for a while: each further call would cost its time-out.

    Per process on purpose: it guards this process's patience, and needs no shared state to do so.
    """

    def __init__(self, pauses: tuple[float, ...] = (1.0, 2.0, 5.0)) -> None:
        self._pauses, self._failures, self._closed_until = pauses, 0, 0.0
        self._lock = threading.Lock()
        self._owes_forgetting = False

    def attempt_or_owe(self, deed: Callable[[], object]) -> None:
        """Something must be forgotten: if it cannot be now, everything is once the cache is back."""
        if self.attempt(lambda: (deed(), True)[1], False):
            return
        self._owes_forgetting = True

    def attempt(self, deed: Callable[[], T], otherwise: T) -> T:
        if self._failures and not self._may_probe():
            return otherwise
        try:
            if self._owes_forgetting:
                _new_generation()
                self._owes_forgetting = False
            result = deed()
        except Exception as error:  # noqa: BLE001  whatever the cache does, the database still answers
            self._note_failure(error)
            return otherwise
        if self._failures:
            self._failures = 0
            log.info("cache is back")
        return result

    def _may_probe(self) -> bool:
        """One caller at a time tries again once the pause is over."""
        with self._lock:
            now = time.monotonic()
            if now < self._closed_until:
                return False
            self._closed_until = now + self._pauses[0]
            return True

    def _note_failure(self, error: Exception) -> None:
        with self._lock:
            pause = self._pauses[min(self._failures, len(self._pauses) - 1)]
            self._failures += 1
            self._closed_until = time.monotonic() + pause
        log.warning("cache unavailable", kind=type(error).__name__, pause_s=pause)


_breaker = _Breaker()


class ForgivingSerializer(JSONSerializer):
    """JSON, never pickle; what somebody else wrote under our keys is a miss, not a lost cache."""

    def loads(self, value: bytes) -> Any:
        try:
            return super().loads(value)
        except ValueError:
            return None


def _key(digest: str) -> str:
    return f"c2s:k:{digest}"


def _new_generation() -> None:
    cache.set(_GENERATION, uuid7().hex, timeout=None)


def _generation() -> str:
    found = cache.get(_GENERATION)
    if found is None:
        cache.add(_GENERATION, uuid7().hex, timeout=None)
        found = cache.get(_GENERATION)
    return str(found)


def _seal(key: str, generation: str, value: bytes) -> str:
    nonce = os.urandom(12)
    sealed = AESGCM(_keys("seal")[0]).encrypt(nonce, value, _binding(key, generation))
    return base64.b85encode(bytes([_FORMAT]) + nonce + sealed).decode()


def _open(key: str, sealed: object, generation: str | None) -> bytes | None:
    """The value, or None when it is of another generation, format or key, or was tampered with."""
    if not isinstance(sealed, str) or generation is None:
        return None
    try:
        raw = base64.b85decode(sealed)
    except ValueError:
        return None
    if len(raw) < 29 or raw[0] != _FORMAT:
        return None
    for secret in _keys("seal"):
        try:
            return AESGCM(secret).decrypt(raw[1:13], raw[13:], _binding(key, generation))
        except InvalidTag:
            continue
    return None


def _binding(key: str, generation: str) -> bytes:
    """Bound to its key and generation: a value copied elsewhere in Redis does not open."""
    return f"{key}|{generation}".encode()


def _keys(purpose: str) -> list[bytes]:
    return [_derived(secret, purpose) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


@lru_cache(maxsize=32)
def _derived(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), f"c2s-enrich/{purpose}/v1".encode(), hashlib.sha256).digest()
