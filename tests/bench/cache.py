"""2: what is remembered in the cache, against a bare GET of the same bytes."""

import time
from collections.abc import Callable, Iterator
from itertools import cycle

from django.conf import settings
from django.core.cache import cache
from redis import Redis

from c2s_enrich import sealed_cache
from enrichment import tiers
from tests.bench.frame import Figure, Goal, compared, told
from tests.bench.house import House, database
from tests.bench.people import known_phones

_COUNT, _TIMES = 200, 400


def figures(house: House) -> Iterator[Figure]:
    phones = known_phones(database(None), _COUNT)
    tiers.recall(phones)
    assert all(answer.tier == "cache" for answer in tiers.recall(phones).values())
    # the library's own client: ours has a shorter way
    redis = Redis.from_url(settings.REDIS_URL)
    keys = [cache.make_key(sealed_cache._key(sealed_cache.identifier_hash("phone", p.value))) for p in phones]
    ours, theirs = cycle(phones), cycle(keys)
    yield told(
        compared(
            "tier 1: recalled from the cache",
            lambda: timed(lambda: tiers.recall([next(ours)])),
            lambda: timed(lambda: redis.get(next(theirs))),
            "µs",
            Goal("ratio", most=2),
        )
    )


def timed(deed: Callable[[], object], times: int = _TIMES) -> list[float]:
    """Microseconds, each time."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        deed()
        taken.append((time.perf_counter() - began) * 1e6)
    return taken
