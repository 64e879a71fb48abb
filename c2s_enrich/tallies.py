"""The shared counters as the API tells them."""

from collections import Counter
from typing import Any

import msgspec
from redis import Redis
from redis.exceptions import ResponseError

from c2s_enrich.counters import CACHES, MONEY_UNIT, TIERS, totals
from c2s_enrich.sealed_cache import in_redis


class Hits(msgspec.Struct, frozen=True, rename="camel"):
    hits: int
    misses: int
    hit_rate: float
    total_requests: int


class Caches(msgspec.Struct, frozen=True, rename="camel"):
    """Each cache of its own, and all together; rates in per cent."""

    contact_cache: Hits
    message_cache: Hits
    user_cache: Hits
    company_cache: Hits
    validation_cache: Hits
    work_api_cache: Hits
    overall: Hits


class RedisMemory(msgspec.Struct, frozen=True, rename="camel"):
    used_memory_human: str | None
    memory_usage_percent: float | None


class RedisStats(msgspec.Struct, frozen=True, rename="camel"):
    connected_clients: int | None
    hit_rate: float | None


class RedisFigures(msgspec.Struct, frozen=True):
    """What Redis says of itself; null while it is away."""

    memory: RedisMemory
    stats: RedisStats


class Tiers(msgspec.Struct, frozen=True, rename="camel"):
    """Who knew the answer."""

    cache: int
    database: int
    provider: int
    not_found: int


class Savings(msgspec.Struct, frozen=True, rename="camel"):
    """Paid calls that were not needed, and what they would have cost."""

    calls_avoided: int
    money_saved: str


class CacheMetrics(msgspec.Struct, frozen=True):
    cache: Caches
    redis: RedisFigures
    tiers: Tiers
    savings: Savings


def cache_metrics() -> CacheMetrics:
    counts = totals()
    each = [_hits(counts[f"{name}.hits"], counts[f"{name}.misses"]) for name in CACHES]
    overall = _hits(sum(cache.hits for cache in each), sum(cache.misses for cache in each))
    return CacheMetrics(
        cache=Caches(*[*each, overall]),
        redis=_redis_figures(in_redis(_info, {})),
        tiers=Tiers(*(counts[f"tier.{tier}"] for tier in TIERS)),
        savings=_savings(counts),
    )


def _hits(hits: int, misses: int) -> Hits:
    asked = hits + misses
    return Hits(hits, misses, _percent(hits, asked) or 0.0, asked)


def _savings(counts: Counter[str]) -> Savings:
    return Savings(counts["saved.calls"], f"{counts['saved.money'] * MONEY_UNIT:.2f}")


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None


def _info(redis: Redis) -> dict[str, Any]:
    try:
        told: dict[str, Any] = redis.info()
    except ResponseError:  # some hosts keep it to themselves
        return {}
    return told


def _redis_figures(info: dict[str, Any]) -> RedisFigures:
    room = info.get("maxmemory") or info.get("total_system_memory") or 0
    hits = info.get("keyspace_hits", 0)
    return RedisFigures(
        RedisMemory(info.get("used_memory_human"), _percent(info.get("used_memory", 0), room)),
        RedisStats(info.get("connected_clients"), _percent(hits, hits + info.get("keyspace_misses", 0))),
    )
