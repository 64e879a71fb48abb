"""Wrong credentials: who shows too many is told to wait; who shows a right one never is."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import Client, RequestFactory
from redis.exceptions import ConnectionError as Lost

from c2s_enrich import sealed_cache, throttling
from c2s_enrich.errors import Refusal
from c2s_enrich.throttling import MOST_FAILURES, Failures, address_of, failure_note

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/leads/nobody"


@pytest.fixture(params=["with Redis", "while Redis is away"])
def counted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "while Redis is away":

        def lost(_alias: str) -> None:
            raise Lost

        monkeypatch.setattr(sealed_cache, "get_redis_connection", lost)


def wrong(client: Client, address: str = "192.0.2.1", key: str = "c2s_wrong") -> Any:
    return client.get(ADDRESS, headers={"X-API-Key": key}, REMOTE_ADDR=address)


def test_after_twenty_failures_the_next_wrong_key_must_wait(client: Client, counted: None) -> None:
    assert [wrong(client).status_code for _ in range(MOST_FAILURES)] == [401] * 20
    answer = wrong(client)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_failures")
    assert 0 < int(answer["Retry-After"]) <= 60


def test_a_right_key_always_passes(client: Client, key: str, counted: None) -> None:
    for _ in range(MOST_FAILURES + 5):
        wrong(client)
    answer = client.get(ADDRESS, headers={"X-API-Key": key}, REMOTE_ADDR="192.0.2.1")
    assert answer.status_code == 404


def test_another_address_is_not_held_responsible(client: Client, counted: None) -> None:
    for _ in range(MOST_FAILURES + 1):
        wrong(client)
    assert wrong(client, "192.0.2.2").status_code == 401


def test_who_shows_nothing_fails_nothing(client: Client) -> None:
    assert {client.get(ADDRESS).status_code for _ in range(MOST_FAILURES + 5)} == {401}


def test_failures_at_once_are_counted_one_by_one(counted: None) -> None:
    def fail(_number: int) -> bool:
        try:
            failure_note("192.0.2.3")
        except Refusal:
            return True
        return False

    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(fail, range(60)))
    assert refused.count(False) == MOST_FAILURES


def test_a_minute_later_it_begins_anew() -> None:
    failures, now = Failures(), 1000.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(throttling.time, "monotonic", lambda: now)
        assert [failures.failed("192.0.2.4") for _ in range(MOST_FAILURES)] == [0.0] * 20
        now += 59
        assert failures.failed("192.0.2.4") == 1
        now += 1
        assert failures.failed("192.0.2.4") == 0


def test_only_so_many_addresses_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "_MOST_ADDRESSES", 3)
    failures = Failures()
    for number in range(10):
        failures.failed(f"192.0.2.{number}")
    assert len(failures._by_address) == 3


def test_redis_is_not_told_any_address(client: Client) -> None:
    wrong(client, "192.0.2.77")
    keys = sealed_cache.in_redis(lambda redis: list(redis.scan_iter()), [])
    assert [key for key in keys if b"failures" in key]
    assert not [key for key in keys if b"192.0.2.77" in key]


@pytest.mark.parametrize(
    ("proxies", "told", "nearest", "found"),
    [
        (0, "198.51.100.7", "192.0.2.1", "192.0.2.1"),
        (1, "198.51.100.7", "192.0.2.1", "198.51.100.7"),
        (1, "6.6.6.6, 198.51.100.7", "192.0.2.1", "198.51.100.7"),
        (2, "6.6.6.6, 198.51.100.7, 10.0.0.1", "192.0.2.1", "198.51.100.7"),
        (2, "6.6.6.6", "192.0.2.1", "192.0.2.1"),
        (1, "", "192.0.2.1", "192.0.2.1"),
        (1, "unknown", "192.0.2.1", "192.0.2.1"),
        (1, "198.51.100.7:4711", "192.0.2.1", "198.51.100.7"),
        (1, "[2001:db8::1]:4711", "192.0.2.1", "2001:db8::"),
        (0, "", "2001:db8:0:1:aaaa::1", "2001:db8:0:1::"),
        (0, "", "::ffff:192.0.2.9", "192.0.2.9"),
        (0, "", "", ""),
    ],
)
def test_a_proxy_is_believed_as_far_as_the_setting_says(
    settings: Any, proxies: int, told: str, nearest: str, found: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": told}, REMOTE_ADDR=nearest)
    assert address_of(request) == found
