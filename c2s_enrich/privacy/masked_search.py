"""Searches by identifier of those who see masks: each right guess would undo one, so they are counted and slowed."""

import time
from collections import Counter

from redis import Redis

from c2s_enrich import sealed_cache

# an hour: more than anybody needs who knows whom they look for, and a mask leaves a million candidates
OF_STAFF, OF_A_KEY = 60, 300
_HOUR = 3600
# in this process alone, while Redis is away
_alone: Counter[str] = Counter()


def is_allowed(who: str, most: int) -> bool:
    """Whether somebody may go on; `who` tells accounts and keys apart."""
    name = _name(who)
    return sealed_cache.in_redis(lambda redis: int(redis.get(name) or 0), _alone[name]) < most


def count(who: str) -> None:
    name = _name(who)
    _alone[name] += 1
    if len(_alone) > 10_000:
        _alone.clear()
    sealed_cache.in_redis(lambda redis: _counted(redis, name), 0)


def _counted(redis: Redis, name: str) -> int:
    pipeline = redis.pipeline(transaction=True)
    pipeline.incr(name)
    pipeline.expire(name, _HOUR)
    return int(pipeline.execute()[0])


def _name(who: str) -> str:
    return sealed_cache.shared_key("masked searches", f"{who}:{int(time.time()) // _HOUR}")
