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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.cache import cache
from django_redis import get_redis_connection
from django_redis.serializers.json import JSONSerializer
from redis import Redis

from c2s_enrich.counters import count
from c2s_enrich.ids import uuid7

log = structlog.get_logger(__name__)
T = TypeVar("T")

_GENERATION = "c2s:generation"
REGISTER = "keys"
_FORMAT = 1
# what is sealed and says nothing: its format, a nonce and a tag
_SHORTEST = 29
# in place of a generation where a table keeps what is sealed
_TABLE = "kept"
_JITTER = 0.1
_BATCH = 100


def identifier_hashes(kind: str, value: str) -> list[str]:
    """The identifier under every valid key, the current one first."""
    text = f"{kind}:{value}".encode("utf-8", "surrogatepass")
    return [hmac.digest(key, text, "sha256").hex() for key in _keys("hash")]


def identifier_hash(kind: str, value: str) -> str:
    return identifier_hashes(kind, value)[0]


def get_many(names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """The cached values of (kind, identifier) pairs, in one round trip; what cannot be read is a miss."""
    names = list(names)
    # fallback keys first: what the current key wrote is newer, and overwrites them below
    keys = {_key(digest): name for name in names for digest in reversed(identifier_hashes(*name))}
    generation, *found = _breaker.attempt(lambda: _kept([_GENERATION, *keys]), [None])
    _believed.generation = generation
    held = [(key, name, sealed) for (key, name), sealed in zip(keys.items(), found, strict=False) if sealed is not None]
    opened = {name: _open(key, sealed, generation) for key, name, sealed in held}
    readable = {name: value for name, value in opened.items() if value is not None}
    if len(readable) < len(opened):
        count("unreadable", len(opened) - len(readable))
    return readable


def peek_keys(name: tuple[str, str]) -> list[str]:
    """Where a value is, for whoever reads it on the way to something else: see `peeked`."""
    return [_prefix() + key for key in (_GENERATION, *map(_key, identifier_hashes(*name)))]


def peeked(keys: Sequence[str], raw: Sequence[bytes | None]) -> bytes | None:
    """The value behind `peek_keys`, as Redis gave it."""
    generation, *sealed = raw or [None]
    _believed.generation = generation
    cut = len(_prefix())
    opened = (_open(key[cut:], given, generation) for key, given in zip(keys[1:], sealed, strict=False))
    return next((value for value in opened if value is not None), None)


def set_many(values: Mapping[tuple[str, str], bytes], *, ttl: float) -> None:
    """Remember for `ttl` seconds, give or take a tenth, so that entries made together do not end together."""
    rest = iter(values.items())
    while batch := dict(islice(rest, _BATCH)):
        _breaker.attempt(lambda batch=batch: _write(batch, ttl), None)  # type: ignore[misc]


def _write(values: Mapping[tuple[str, str], bytes], ttl: float) -> None:
    generation = _believed.generation or _generation()
    keys = {_key(identifier_hash(*name)): value for name, value in values.items()}
    seconds = max(1, round(ttl * random.uniform(1 - _JITTER, 1 + _JITTER)))  # noqa: S311  not a secret  # nosec B311
    _keep({key: _seal(key, generation, value) for key, value in keys.items()}, seconds)


def _kept(keys: Iterable[str]) -> list[Any]:
    """As it lies there, past the layers of Django's cache: each of them costs as much as the trip to Redis."""
    if shared():
        raw: list[Any] = get_redis_connection("default").mget([_prefix() + key for key in keys])
        return raw
    found = cache.get_many(keys)
    return [found.get(key) for key in keys]


def _keep(values: dict[str, bytes], seconds: int) -> None:
    if not shared():
        cache.set_many(values, timeout=seconds)
        return
    redis = get_redis_connection("default")
    if len(values) == 1:
        [(key, value)] = values.items()
        # a pipeline of one costs five times the command
        redis.execute_command("SET", _prefix() + key, value, "EX", seconds)
        return
    pipeline = redis.pipeline(transaction=False)
    for key, value in values.items():
        pipeline.set(_prefix() + key, value, ex=seconds)
    pipeline.execute()


def delete_many(names: Iterable[tuple[str, str]]) -> int:
    """How many entries there were; they are as good as gone even when Redis is away."""
    keys = [_key(digest) for name in names for digest in identifier_hashes(*name)]
    deleted = 0

    def delete() -> None:
        nonlocal deleted
        # Redis does tell, though Django promises nothing
        deleted = cache.delete_many(keys) or 0  # type: ignore[func-returns-value]

    if keys:
        _breaker.attempt_or_owe(delete)
    return deleted


def forget_everything() -> None:
    _breaker.attempt_or_owe(_new_generation)


def sweep_out() -> int:
    """Forget everything, and free the room that it takes; how many entries there were."""
    forget_everything()
    return in_redis(_swept, 0)


def _swept(redis: Redis) -> int:
    swept = 0
    keys = redis.scan_iter(match=cache.make_key(_key("*")), count=1000)
    while batch := list(islice(keys, 1000)):
        swept += redis.unlink(*batch)
    return swept


def everything(redis: Redis) -> Iterator[tuple[str, str]]:
    """Every key of this Redis with what stands in it, opened where it is sealed by us: for searches of all there is."""
    [generation] = _kept([_GENERATION])
    for key in redis.scan_iter(count=1000):
        name, kept = key.decode("utf-8", "replace"), _contents(redis, key)
        _, found, digest = name.rpartition(_key(""))
        opened = _open(_key(digest), redis.get(key), generation) if found else None
        yield name, kept if opened is None else opened.decode("utf-8", "replace")


def _contents(redis: Redis, key: bytes) -> str:
    reads: dict[bytes, Callable[[bytes], Any]] = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"set": redis.smembers,
        b"list": lambda name: redis.lrange(name, 0, -1),
        b"zset": lambda name: redis.zrange(name, 0, -1, withscores=True),
    }
    kind: Any = redis.type(key)
    return str(reads[kind](key)) if kind in reads else ""


def seal(purpose: str, value: bytes) -> str:
    """For what a table keeps for a while and nobody shall read there."""
    return base64.b64encode(_seal(purpose, _TABLE, value)).decode()


def unseal(purpose: str, sealed: str, secrets: Sequence[bytes] = ()) -> bytes | None:
    try:
        return _open(purpose, base64.b64decode(sealed), _TABLE, secrets)
    except ValueError:
        return None


def is_sealed_by_current_key(purpose: str, sealed: str) -> bool:
    return unseal(purpose, sealed, _keys("seal")[:1]) is not None


def reachable() -> bool:
    return _breaker.attempt(lambda: cache.get(_GENERATION, True) is not None, False)


def shared() -> bool:
    """Whether all processes see the same cache."""
    return bool(settings.REDIS_URL)


def in_redis(deed: Callable[[Redis], T], otherwise: T) -> T:
    """What needs Redis itself, under the same breaker; `otherwise` where there is none or it is away."""
    return _breaker.attempt(lambda: deed(get_redis_connection("default")), otherwise) if shared() else otherwise


def in_redis_or_owe(deed: Callable[[Redis], object]) -> None:
    """What makes others forget: if it cannot be said now, everything is forgotten once Redis is back."""
    if shared():
        _breaker.attempt_or_owe(lambda: deed(get_redis_connection("default")))


def shared_key(purpose: str, value: str = "") -> str:
    """The key of what processes share beside the cache: like all keys it tells nobody's address or name."""
    return f"c2s:{purpose}:{identifier_hash(purpose, value)[:32]}" if value else f"c2s:{purpose}"


def settle(within: float) -> bool:
    """Pay what is owed before a short-lived process ends; whether nothing is owed any more."""
    deadline = time.monotonic() + within
    while _breaker.owes_forgetting and time.monotonic() < deadline:
        reachable()
        time.sleep(0.1)
    return not _breaker.owes_forgetting


class _Breaker:
    """After a failure the cache is left alone for a while: each further call would cost its time-out.

    Per process on purpose: it guards this process's patience, and needs no shared state to do so.
    """

    def __init__(self, pauses: tuple[float, ...] = (1.0, 2.0, 5.0)) -> None:
        self._pauses, self._failures, self._closed_until = pauses, 0, 0.0
        self._lock = threading.Lock()
        self.owes_forgetting = False

    def attempt_or_owe(self, deed: Callable[[], object]) -> None:
        """Something must be forgotten: if it cannot be now, everything is once the cache is back."""
        if self.attempt(lambda: (deed(), True)[1], False):
            return
        self.owes_forgetting = True

    def attempt(self, deed: Callable[[], T], otherwise: T) -> T:
        if self._failures and not self._may_probe():
            return otherwise
        try:
            if self.owes_forgetting:
                _pay()
                self.owes_forgetting = False
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


@lru_cache(maxsize=1)
def _prefix() -> str:
    """What Django's cache puts before every key."""
    return str(cache.make_key(""))


def _key(digest: str) -> str:
    return f"c2s:k:{digest}"


class _Believed:
    """The generation that this process saw last: what is sealed under one that has passed is nothing but a miss."""

    generation: bytes | str | None = None


_believed = _Believed()


def _new_generation() -> None:
    _believed.generation = None
    cache.set(_GENERATION, uuid7().hex, timeout=None)


def _pay() -> None:
    """Nobody kept a list of what could not be forgotten: so all that is cached, and all keys that are known."""
    _new_generation()
    if shared():
        get_redis_connection("default").set(shared_key(REGISTER), uuid7().hex)


def _generation() -> bytes | str:
    cache.add(_GENERATION, uuid7().hex, timeout=None)
    [found] = _kept([_GENERATION])
    _believed.generation = found
    return found or ""


def _seal(key: str, generation: bytes | str, value: bytes) -> bytes:
    nonce = os.urandom(12)
    return bytes([_FORMAT]) + nonce + _cipher(_keys("seal")[0]).encrypt(nonce, value, _binding(key, generation))


def _open(key: str, sealed: object, generation: bytes | str | None, secrets: Sequence[bytes] = ()) -> bytes | None:
    """The value, or None when it is of another generation, format or key, or was tampered with."""
    if not isinstance(sealed, bytes) or generation is None or len(sealed) < _SHORTEST or sealed[0] != _FORMAT:
        return None
    for secret in secrets or _keys("seal"):
        try:
            return _cipher(secret).decrypt(sealed[1:13], sealed[13:], _binding(key, generation))
        except InvalidTag:
            continue
    return None


@lru_cache(maxsize=32)
def _cipher(secret: bytes) -> AESGCM:
    """Making one takes nearly as long as opening what it sealed."""
    return AESGCM(secret)


def _binding(key: str, generation: bytes | str) -> bytes:
    """Bound to its key and generation: a value copied elsewhere in Redis does not open."""
    return f"{key}|".encode() + (generation if isinstance(generation, bytes) else generation.encode())


def _keys(purpose: str) -> list[bytes]:
    return [_derived(secret, purpose) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


@lru_cache(maxsize=32)
def _derived(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), f"c2s-enrich/{purpose}/v1".encode(), hashlib.sha256).digest()
