"""PostgreSQL and Redis go away while leads are being worked on, and come back."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.soak.house import KEY, House, house
from tests.webhook_bodies import event

pytestmark = pytest.mark.chaos
LATENCIES = {"diretrix": {"latency_ms": 300}, "work_api": {"latency_ms": 800}, "c2s": {"latency_ms": 50}}


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as built:
        yield built


def leads(whole: House, name: str, count: int) -> list[str]:
    """Taken in by the door; what was refused meanwhile is sent again, as a patient sender does."""
    whole.sandbox.configure(LATENCIES)
    ids = [f"{name}-{n}" for n in range(count)]
    for n, lead_id in enumerate(ids):
        phone = f"1198{sum(map(ord, name)) % 100:02}{n:03}55"
        told = {"name": "", "phone": phone, "email": f"cliente.{phone}@example.com"}
        whole.sandbox.add_lead(id=lead_id, **told)
        whole.wait(lambda: whole.webhook(event(lead_id, **told))[0] == 200)  # noqa: B023
    return ids


def busy(whole: House) -> bool:
    stats = whole.sandbox.stats()
    return bool(stats["work_api"]["in_flight"] and stats["diretrix"]["total"] > 10)


def all_told_once(whole: House, ids: list[str]) -> None:
    whole.wait_until_all_ended()
    assert Counter(m["lead_id"] for m in whole.sandbox.messages()) == Counter(ids), whole.told()
    assert "Nothing is lost." in whole.manage("conservation")


def asked_again(whole: House) -> int:
    operations = [part for p in ("diretrix", "work_api") for part in whole.sandbox.stats()[p]["operations"].values()]
    return sum(count - 1 for part in operations for count in part["identifiers"].values())


def test_redis_is_killed_silent_and_back_and_nobody_notices(whole: House) -> None:
    ids = leads(whole, "killed", 30)
    whole.wait(lambda: busy(whole))
    whole.redis.kill()
    ids += leads(whole, "without", 20)
    whole.restart_redis()
    ids += leads(whole, "back", 20)
    whole.wait(lambda: busy(whole))
    with whole.held(whole.redis):
        ids += leads(whole, "silent", 20)
        time.sleep(3)
    all_told_once(whole, ids)
    assert asked_again(whole) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
def test_postgresql_is_restarted_and_nothing_is_lost_or_paid_twice(whole: House, number: signal.Signals) -> None:
    ids = leads(whole, "before", 30)
    for turn in range(3):
        ids += leads(whole, f"turn-{turn}", 10)
        whole.wait(lambda: busy(whole))
        whole.restart_postgres(number=number)
    all_told_once(whole, ids)
    assert asked_again(whole) == 0


def test_metrics_are_told_while_the_database_hangs(whole: House) -> None:
    asked = {"X-API-Key": KEY}
    for _ in range(20):  # both web processes have met the key
        whole.ask("/metrics", **asked)
    with whole.held(whole.postgres):
        for _ in range(10):
            began = time.monotonic()
            status, told = whole.ask("/metrics", **asked)
            assert (status, b"c2s_enrich_scrape_complete 0.0" in told) == (200, True)
            assert time.monotonic() - began < 2
