"""Of all who want to know the same, one asks."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from enrichment import flights
from enrichment.flights import fly
from enrichment.leases import runs_take_over
from enrichment.models import Flight, Run
from enrichment.providers.errors import Withheld
from enrichment.runs import run_claim
from enrichment.sandbox import Sandbox
from parties.identifiers import Phone
from tests.enrichment.leads import run_for

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = Phone("+5511987654321", "BR")


def test_twenty_at_once_ask_once_and_share_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    # they land one after the other: on a slow machine the last of them would have given up
    monkeypatch.setattr(flights, "PATIENCE", 60)
    asked: list[str] = []
    together = Barrier(20)

    def ask() -> str:
        time.sleep(0.15)
        asked.append("the answer")
        return "the answer"

    def want(_: int) -> str:
        try:
            together.wait()
            return fly(PHONE, known=lambda: asked[0] if asked else None, ask=ask, longest=10)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(want, range(20))) == {"the answer"}
    assert len(asked) == 1
    assert Flight.objects.count() == 0


def test_a_failed_leader_is_followed_by_the_next() -> None:
    def fail() -> str:
        raise Withheld("work_api", "not now", retry_after=1)

    with pytest.raises(Withheld):
        fly(PHONE, known=lambda: None, ask=fail, longest=10)
    assert fly(PHONE, known=lambda: None, ask=lambda: "mine", longest=10) == "mine"


def test_a_leader_whose_run_is_taken_over_is_replaced(sandbox: Sandbox, settings: Settings) -> None:
    settings.RUN_LEASE_SECONDS = 1  # the database has been up for longer
    run = run_claim(run_for(sandbox).pk)
    assert run is not None
    token = flights.current.set(run)
    flights._take_off(_digests(), 60)
    flights.current.reset(token)
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    # it may be at work all the same, with an answer in hand: that is for the sweep to judge
    assert not flights._take_off(_digests(), 60)
    assert runs_take_over() == 1
    assert fly(PHONE, known=lambda: None, ask=lambda: "mine", longest=10) == "mine"


def test_a_leader_without_a_run_is_replaced_when_its_time_is_up() -> None:
    flights._take_off(_digests(), 60)
    Flight.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert fly(PHONE, known=lambda: None, ask=lambda: "mine", longest=10) == "mine"


def test_a_long_wait_gives_the_slot_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flights, "PATIENCE", 0.2)
    flights._take_off(_digests(), 60)
    with pytest.raises(Withheld, match="another run is asking"):
        fly(PHONE, known=lambda: None, ask=lambda: "mine", longest=10)


def _digests() -> list[str]:
    from c2s_enrich import sealed_cache

    return sealed_cache.identifier_hashes("phone", PHONE.value)
