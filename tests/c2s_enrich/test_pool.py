"""The database comes back while somebody waits in the pool's queue; what it closed meanwhile is lent to nobody."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection as django_connection
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolClosed

from c2s_enrich import pool as pools
from c2s_enrich.pool import line_up, look_again, look_at, stepping_back
from tests.c2s_enrich.embedded.processes import ROOT, eventually
from tests.web_server import database_url


def test_whoever_waits_is_served_once_the_database_is_back(tmp_path: Path, db: None) -> None:
    there = settings.DATABASES["default"]
    place = Path(str(there["HOST"] or there["OPTIONS"].get("host")))
    # an address at which nothing listens until the link is there
    late = tmp_path / "late"
    threading.Timer(2.0, late.symlink_to, [place]).start()
    with (
        ConnectionPool[Connection](
            f"host={late} port={there['PORT'] or 5432} user={there['USER']} dbname={there['NAME']}",
            min_size=0,
            max_size=2,
            reconnect_timeout=0.2,
            reconnect_failed=look_again,
            open=True,
        ) as pool,
        pool.connection(timeout=60) as connection,
    ):
        assert connection.execute("select 1").fetchone() == (1,)


@pytest.fixture
def one(db: None) -> Iterator[ConnectionPool[Connection]]:
    """A pool of a single connection."""
    given = django_connection.get_connection_params()
    wanted = {name: given[name] for name in ("host", "port", "user", "password", "dbname") if given.get(name)}
    with ConnectionPool[Connection](kwargs=wanted, min_size=0, max_size=1, check=look_at, open=True) as pool:
        yield pool


def number(pool: ConnectionPool[Connection]) -> int:
    with pool.connection(timeout=10) as connection:
        row = connection.execute("select pg_backend_pid()").fetchone()
        assert row
        return int(row[0])


def test_a_connection_in_use_a_moment_ago_is_not_asked_whether_it_lives(
    one: ConnectionPool[Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(pools, "_ask_it", asked.append)
    monkeypatch.setattr(pools, "TRUSTED_FOR", 60.0)
    assert len({number(one) for _ in range(3)}) == 1
    before = len(asked)
    number(one)
    assert len(asked) == before <= 1
    monkeypatch.setattr(pools, "TRUSTED_FOR", 0.0)
    number(one)
    assert len(asked) == before + 1


def test_a_connection_that_the_server_closed_is_lent_to_nobody(one: ConnectionPool[Connection]) -> None:
    first = number(one)
    with django_connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s, 5000)", [first])
    assert number(one) != first


def test_django_gives_its_pools_this_look() -> None:
    assert ConnectionPool.check_connection is look_at


def waits(pool: ConnectionPool[Connection], number: int) -> bool:
    return pool.get_stats().get("requests_waiting") == number


def served(pool: ConnectionPool[Connection], *waiting: tuple[str, float], pause: float = 0.0) -> list[str]:
    """Who got the one connection when, of those who came in this order while it was lent."""
    order: list[str] = []

    def ask(name: str, seconds: float) -> None:
        with stepping_back(seconds), pool.connection(timeout=20):
            order.append(name)

    threads = []
    with pool.connection():
        for number, (name, seconds) in enumerate(waiting, start=1):
            threads.append(threading.Thread(target=ask, args=(name, seconds)))
            threads[-1].start()
            assert eventually(partial(waits, pool, number), 10)
            time.sleep(pause)
    for thread in threads:
        thread.join()
    return order


def test_who_steps_back_lets_those_pass_who_come_soon_after(one: ConnectionPool[Connection]) -> None:
    line_up(one)
    assert served(one, ("tells", 60), ("asks", 0), ("asks too", 0)) == ["asks", "asks too", "tells"]


def test_who_steps_back_is_not_passed_for_ever(one: ConnectionPool[Connection]) -> None:
    line_up(one)
    assert served(one, ("tells", 0.05), ("asks", 0), pause=0.1) == ["tells", "asks"]


def test_a_pool_that_closes_lets_nobody_wait(one: ConnectionPool[Connection]) -> None:
    line_up(one)
    with one.connection():
        ended: list[type[Exception]] = []

        def wait() -> None:
            try:
                one.getconn(timeout=20)
            except PoolClosed as closed:
                ended.append(type(closed))

        thread = threading.Thread(target=wait)
        thread.start()
        assert eventually(partial(waits, one, 1), 10)
        one.close(timeout=0)
        thread.join()
    assert ended == [PoolClosed]


@pytest.mark.parametrize(("listening", "told"), [("", "7s"), ("postgres://c2s@127.0.0.1:9/elsewhere", "0")])
@pytest.mark.django_db(transaction=True)
def test_in_a_web_process_a_statement_ends_unless_a_pooler_is_in_between(listening: str, told: str) -> None:
    asking = (
        "import c2s_enrich.wsgi; from django.db import connection; cursor = connection.cursor(); "
        "cursor.execute('show statement_timeout'); print(cursor.fetchone()[0])"
    )
    env = os.environ | {"DB_URL": database_url(), "DB_LISTEN_URL": listening, "WEB_STATEMENT_SECONDS": "7"}
    shown = subprocess.run(
        [sys.executable, "-c", asking], env=env, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == told
