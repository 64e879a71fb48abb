"""Counting: added up in each process, told over all of them, and cheap."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest

from c2s_enrich import counters, sealed_cache
from c2s_enrich.counters import Tally
from c2s_enrich.embedded.child import wait_until
from tests.production import ROOT

PHONE = ("phone", "+5511987654321")
COUNTER = """
import django
django.setup()
from c2s_enrich.counters import counted
counted("contactCache", True, 5)
"""


@pytest.fixture
def threads() -> Iterator[None]:
    """As in a web process: a thread hands over."""
    counters._tally = Tally(hand_over_every=0.05)
    yield
    counters._tally = Tally(hand_over_every=0)


def test_hits_and_misses_are_counted_apart() -> None:
    counters.counted("contactCache", True)
    counters.counted("contactCache", True, 2)
    counters.counted("contactCache", False)
    counters.counted("contactCache", False, 0)
    assert counters.totals() == {"contactCache.hits": 3, "contactCache.misses": 1}


def test_money_is_counted_to_the_last_digit() -> None:
    for _ in range(1000):
        counters.saved(calls=1, money=Decimal("0.0001"))
    assert counters.totals()["saved.money"] * counters.MONEY_UNIT == Decimal("0.1")


def test_another_process_is_counted_too() -> None:
    counters.counted("contactCache", True)
    env = dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "c2s_enrich.settings"}
    subprocess.run([sys.executable, "-c", COUNTER], cwd=ROOT, env=env, check=True)
    assert counters.totals()["contactCache.hits"] == 6


def test_what_was_counted_is_handed_over_by_itself(threads: None) -> None:
    counters.counted("userCache", True)
    key = sealed_cache.shared_key("counters")
    handed_over = {b"userCache.hits": b"1"}
    assert wait_until(lambda: sealed_cache.in_redis(lambda redis: redis.hgetall(key), {}) == handed_over, 60)


def test_threads_do_not_lose_each_others_counts() -> None:
    def count() -> None:
        for _ in range(2000):
            counters.counted("contactCache", True)
        counters._tally.hand_over()

    started = [Thread(target=count) for _ in range(8)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    assert counters.totals()["contactCache.hits"] == 16_000


def test_nothing_is_lost_while_redis_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as away:
        away.setattr(sealed_cache, "get_redis_connection", lambda alias: 1 / 0)
        counters.answered("cache")
        assert not counters._tally.hand_over()
        assert counters.totals()["tier.cache"] == 1
    sealed_cache._breaker = sealed_cache._Breaker()
    assert counters._tally.hand_over()
    assert counters.totals()["tier.cache"] == 1


def test_without_redis_a_process_tells_its_own(settings: Any) -> None:
    settings.REDIS_URL = ""
    counters.answered("database")
    assert counters.totals() == {"tier.database": 1}
    counters.reset()
    assert counters.totals() == {}


def test_a_reset_begins_from_nothing() -> None:
    counters.answered("cache")
    counters.totals()
    counters.answered("cache")
    counters.reset()
    assert counters.totals() == {}


def test_an_entry_that_does_not_open_is_counted() -> None:
    sealed_cache.set_many({PHONE: b"x"}, ttl=60)
    key = sealed_cache.identifier_hash(*PHONE)
    sealed_cache.cache.set(f"c2s:k:{key}", "!!! not ours")
    assert sealed_cache.get_many([PHONE]) == {}
    assert counters.totals() == {"unreadable": 1}


def test_counting_costs_less_than_a_twentieth_of_reading_one_entry(threads: None) -> None:
    """A warm look-up reads at least one entry of the cache, and does much more."""
    sealed_cache.set_many({PHONE: b"x" * 500}, ttl=60)
    best = [(_cost(_read, 200), _cost(_count, 2000)) for _ in range(5)]
    assert min(count for _, count in best) < 0.05 * min(read for read, _ in best)


def _read() -> None:
    sealed_cache.get_many([PHONE])


def _count() -> None:
    counters.counted("contactCache", True)


def _cost(deed: Any, times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        deed()
    return (time.perf_counter() - began) / times
