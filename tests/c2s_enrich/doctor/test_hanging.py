"""What hangs, what stands in between, and who stops reading: the doctor speaks and ends all the same."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.c2s_enrich.lost_database import silence
from tests.production import ROOT, environment, manage
from tests.stock_servers import PGBOUNCER, USER, majors, pgbouncer, stock_postgres

LONGEST = 15.0
STOCK = pytest.mark.skipif(not majors() or not PGBOUNCER, reason="Debian's PostgreSQL or PgBouncer is not installed")


def examined(**settings: str) -> tuple[float, dict[str, dict[str, Any]]]:
    """How long it took, and what was found."""
    began = time.monotonic()
    told = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        env=environment(APP_ENV="development", **settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(told.stdout)
    return time.monotonic() - began, {finding["about"]: finding for finding in report["findings"]}


def test_it_ends_in_time_when_database_and_redis_hang() -> None:
    with silence() as port:
        place = f"127.0.0.1:{port}"
        took, found = examined(DB_URL=f"postgres://made-up@{place}/nowhere", REDIS_URL=f"redis://{place}/0")
    assert {about: found[about]["state"] for about in ("database", "redis", "disk")} == {
        "database": "failed", "redis": "failed", "disk": "ok",
    }  # fmt: skip
    assert found["webhook"]["state"] == "unknown"
    assert took < LONGEST


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with stock_postgres(tmp_path_factory.mktemp("stock") / "postgres", majors()[0]) as (url, _server):
        migrated = manage(
            "migrate", "--verbosity", "0", env=environment(APP_ENV="development", DB_URL=url, REDIS_URL="")
        )
        assert migrated.returncode == 0, migrated.stderr
        yield url


@STOCK
def test_a_pooler_in_transaction_mode_is_noticed_and_its_own_limit_counts(stock: str, tmp_path: Path) -> None:
    with pgbouncer(tmp_path / "pooler", stock, "max_client_conn = 50", f"stats_users = {USER}") as pooled:
        _took, found = examined(DB_URL=pooled, REDIS_URL="")
        _took, around = examined(DB_URL=pooled, DB_LISTEN_URL=stock, DB_POOL_SIZE="10", REDIS_URL="")
    assert found["notifications"]["state"] == "failed"
    assert found["notifications"]["do"].startswith("Set DB_LISTEN_URL")
    assert found["connections"]["says"] == "2 web processes and 1 of workers may hold 65 of 50"
    assert found["connections"]["do"] == "Lower DB_POOL_SIZE, or raise the pooler's max_client_conn."
    assert {around[about]["state"] for about in ("database", "notifications", "connections")} == {"ok"}


@STOCK
def test_a_pooler_that_tells_no_limit_is_no_failure(stock: str, tmp_path: Path) -> None:
    with pgbouncer(tmp_path / "pooler", stock) as pooled:
        _took, found = examined(DB_URL=pooled, DB_LISTEN_URL=stock, REDIS_URL="")
    assert found["connections"]["state"] == "ok"
    assert "max_client_conn" in found["connections"]["do"]


@STOCK
def test_a_database_that_hangs_behind_a_pooler_is_not_well(tmp_path: Path) -> None:
    with (
        stock_postgres(tmp_path / "postgres", majors()[0]) as (url, server),
        pgbouncer(tmp_path / "pooler", url, "min_pool_size = 1") as pooled,
    ):
        backends = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        for pid in (server.pid, *map(int, backends)):
            os.kill(pid, signal.SIGSTOP)
        took, found = examined(DB_URL=pooled, REDIS_URL="")
    assert found["database"]["state"] == "failed"
    assert found["database"]["says"].startswith("did not answer within")
    assert took < LONGEST


def test_a_reader_that_has_seen_enough_meets_no_traceback() -> None:
    settings = environment(APP_ENV="development", DB_URL="postgres://made-up@127.0.0.1:9/nowhere", REDIS_URL="")
    words = f"{sys.executable} manage.py doctor | head -n 1"
    told = subprocess.run(words, shell=True, env=settings, cwd=ROOT, capture_output=True, text=True, check=True)
    assert len(told.stdout.splitlines()) == 1
    assert told.stderr == ""
