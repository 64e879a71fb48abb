"""The database comes back while somebody waits in the pool's queue; what it closed meanwhile is lent to nobody."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection as django_connection
from psycopg import Connection
from psycopg_pool import ConnectionPool

from c2s_enrich import pool as pools
from c2s_enrich.pool import look_again, look_at


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
