"""What happened how often, over all processes: added up in each, and handed to Redis about once a second."""

import atexit
import os
import threading
import time
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis import Redis

CACHES = ("contactCache", "messageCache", "userCache", "companyCache", "validationCache", "workApiCache")
TIERS = ("cache", "database", "provider", "notFound")
# money is counted in whole ten-thousandths, as finely as prices are kept
MONEY_UNIT = Decimal("0.0001")
_HASH = "counters"


def counted(name: str, hit: bool, times: int = 1) -> None:
    """A cache was asked, and knew or did not."""
    if times:
        _tally.add(f"{name}.hits" if hit else f"{name}.misses", times)


def answered(tier: str) -> None:
    """Somebody asked who it is; `tier` says who knew: one of `TIERS`."""
    _tally.add(f"tier.{tier}", 1)


def saved(*, calls: int, money: Decimal = Decimal(0)) -> None:
    """Calls that a provider would have had to answer, had nothing been remembered, and what they would have cost."""
    if calls:
        _tally.add("saved.calls", calls)
        _tally.add("saved.money", int(money / MONEY_UNIT))


def count(name: str, times: int = 1) -> None:
    _tally.add(name, times)


def totals() -> Counter[str]:
    """Over all processes; what another one counted in the last second may be missing."""
    from c2s_enrich.sealed_cache import in_redis, shared_key

    _tally.hand_over()
    nothing: dict[Any, Any] = {}
    told = in_redis(lambda redis: redis.hgetall(shared_key(_HASH)), nothing)
    summed = Counter({name.decode(): int(amount) for name, amount in told.items()})
    summed.update(_tally.amounts())
    return summed


def are_shared() -> bool:
    """Whether what `totals` says is of all processes: without Redis, or while it is away, it is of this one alone."""
    from c2s_enrich.sealed_cache import in_redis

    return in_redis(lambda redis: bool(redis.ping()), False)


def reset() -> None:
    from c2s_enrich.sealed_cache import in_redis, shared_key

    _tally.forget()
    in_redis(lambda redis: redis.delete(shared_key(_HASH)), 0)


class Tally:
    """What this process has counted and not handed over yet; 0 seconds leaves the handing over to who asks."""

    def __init__(self, hand_over_every: float = 1.0) -> None:
        self._every = hand_over_every
        self.start_afresh()

    def start_afresh(self) -> None:
        """Also what a forked process does: its parent hands over what the parent counted."""
        self._lock, self._waiting = threading.Lock(), threading.Event()
        self._amounts: Counter[str] = Counter()
        self._thread: threading.Thread | None = None

    def add(self, name: str, times: int) -> None:
        with self._lock:
            self._amounts[name] += times
        if not self._waiting.is_set():
            self._wake()

    def amounts(self) -> Counter[str]:
        with self._lock:
            return Counter(self._amounts)

    def forget(self) -> None:
        with self._lock:
            self._amounts.clear()

    def hand_over(self) -> bool:
        """Whether Redis has it all; what it could not take is kept for the next time."""
        from c2s_enrich.sealed_cache import in_redis

        with self._lock:
            taken, self._amounts = self._amounts, Counter()
        if not taken or in_redis(lambda redis: _add_in_redis(redis, taken), False):
            return True
        with self._lock:
            self._amounts.update(taken)
        return False

    def _wake(self) -> None:
        self._waiting.set()
        with self._lock:
            if self._every and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="counters", daemon=True)
                self._thread.start()
                atexit.register(self.hand_over)

    def _run(self) -> None:
        while True:
            self._waiting.wait()
            time.sleep(self._every)
            self._waiting.clear()
            if not self.hand_over():
                self._waiting.set()


def _add_in_redis(redis: "Redis", amounts: Counter[str]) -> bool:
    from c2s_enrich.sealed_cache import shared_key

    pipeline = redis.pipeline(transaction=True)
    for name, amount in amounts.items():
        pipeline.hincrby(shared_key(_HASH), name, amount)
    pipeline.execute()
    return True


_tally = Tally()
os.register_at_fork(after_in_child=lambda: _tally.start_afresh())
