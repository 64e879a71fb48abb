from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client

from c2s_enrich import disk_full, health, sealed_cache
from c2s_enrich.env import cache as cache_settings
from c2s_enrich.version import VERSION
from tests.c2s_enrich.lost_database import led_to
from tests.production import environment, manage
from tests.webhook_bodies import event

NOBODY_LISTENS = "redis://127.0.0.1:9/0"


def ready(client: Client) -> tuple[int, str, dict[str, str]]:
    answer = client.get("/ready")
    body = answer.json()
    return answer.status_code, body["status"], body["checks"]


@pytest.fixture
def worker(transactional_db: None) -> Iterator[Any]:
    """A worker's heartbeat, so many seconds old."""

    def beat(seconds_ago: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into procrastinate_workers (last_heartbeat) values (now() - make_interval(secs => %s))",
                [seconds_ago],
            )

    yield beat
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_workers")


@pytest.fixture
def lost_cache(settings: Any) -> None:
    settings.CACHES = {"default": cache_settings(NOBODY_LISTENS, max_entries=10)}


@pytest.fixture
def lost_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with led_to(9) as lost:
        monkeypatch.setattr(health, "connection", lost)
        monkeypatch.setattr(health, "_PATIENCE", 0.2)
        yield


@pytest.mark.parametrize("address", ["/health", "/health/"])
def test_health_says_that_the_process_lives(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.json() == {"status": "healthy", "service": "c2s-enrich", "version": VERSION}
    assert answer["Cache-Control"] == "no-store"


def test_health_touches_neither_database_nor_cache(
    client: Client, monkeypatch: pytest.MonkeyPatch, lost_cache: None, lost_database: None
) -> None:
    for name in ("get", "set", "get_many"):
        monkeypatch.delattr(type(caches["default"]), name)
    # one that an earlier test left open would be no trace of ours
    connection.close()
    assert client.get("/health").status_code == 200
    assert connection.connection is None


def test_a_probe_may_come_by_address_and_in_clear(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["c2s-enrich.example.com"], True
    assert client.get("/health", headers={"Host": "10.0.0.7:8081"}).status_code == 200
    assert client.get("/admin/", headers={"Host": "10.0.0.7:8081"}).status_code == 400


def test_it_is_ready_when_database_cache_and_a_worker_answer(client: Client, worker: Any) -> None:
    worker(5)
    assert ready(client) == (200, "ready", {"database": "ok", "cache": "ok", "queue": "ok"})


def test_without_a_worker_it_is_not_ready(client: Client, transactional_db: None) -> None:
    assert ready(client) == (503, "down", {"database": "ok", "cache": "ok", "queue": "down"})


def test_a_worker_that_fell_silent_does_not_count(client: Client, worker: Any) -> None:
    worker(31)
    assert ready(client)[2]["queue"] == "down"


def test_a_lost_cache_is_no_reason_to_stop(client: Client, worker: Any, lost_cache: None) -> None:
    worker(5)
    assert ready(client) == (200, "degraded", {"database": "ok", "cache": "degraded", "queue": "ok"})


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_lost_database_is_told_soon(client: Client, lost_database: None) -> None:
    assert ready(client) == (503, "down", {"database": "down", "cache": "ok", "queue": "down"})


FULL = """
create function full_disk() returns trigger language plpgsql as
  $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$;
create trigger full_disk before insert on webhook_events execute function full_disk()"""


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_refuses_what_comes_names_itself_and_is_told_to_probes(
    client: Client, webhook: Any, worker: Any, monkeypatch: pytest.MonkeyPatch, written: Any
) -> None:
    worker(5)
    monkeypatch.setattr(disk_full, "_met_at", [])
    lines = written(True)
    with connection.cursor() as cursor:
        cursor.execute(FULL)
    try:
        assert webhook(event()).status_code == 503
    finally:
        with connection.cursor() as cursor:
            cursor.execute("drop function full_disk cascade")
    assert [line for line in lines() if '"database unavailable"' in line and '"kind": "DiskFull"' in line]
    assert ready(client) == (503, "down", {"database": "full", "cache": "ok", "queue": "ok"})
    monkeypatch.setattr(disk_full, "TOLD_FOR", 0)
    assert ready(client)[0] == 200


def test_a_database_without_tables_is_told_apart(
    client: Client, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    monkeypatch.setattr(health, "_ALIVE", "select exists(select 1 from no_such_table where 1 = %s)")
    assert ready(client)[2] == {"database": "ok", "cache": "ok", "queue": "down"}


def test_the_in_process_cache_is_a_cache(client: Client, settings: Any, worker: Any) -> None:
    settings.CACHES, settings.REDIS_URL = {"default": cache_settings("", max_entries=10)}, ""
    worker(5)
    assert not sealed_cache.shared()
    assert ready(client)[0] == 200


def test_production_answers_probes_like_any_other(tmp_path: Any) -> None:
    code = (
        "from django.test import Client; "
        "print(Client(headers={'Host': '10.0.0.7'}).get('/health').status_code, "
        "Client(headers={'Host': 'c2s-enrich.example.com'}).get('/admin/').status_code)"
    )
    (tmp_path / "static").mkdir()
    shown = manage("shell", "-v0", "-c", code, env=environment(DATA_DIR=str(tmp_path), LOG_LEVEL="ERROR"))
    assert shown.stdout.split() == ["200", "301"], shown.stderr


@pytest.mark.parametrize("address", ["/health", "/ready"])
def test_a_probe_only_asks(client: Client, address: str) -> None:
    answer = client.post(address)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
