import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import environ
import psycopg
import pytest
import redis

from c2s_enrich.embedded import postgres, redis_server
from c2s_enrich.embedded.child import Child
from c2s_enrich.embedded.privileges import account_for
from c2s_enrich.embedded.refusal import Refused
from c2s_enrich.embedded.services import Services, start_services
from tests.c2s_enrich.embedded.processes import eventually, hold_services, is_alive

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="shows what root does")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with start_services(tmp_path_factory.mktemp("services"), durable=False) as services:
        yield services


def ask(services: Services, query: str) -> object:
    assert services.db_url
    with psycopg.connect(services.db_url) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def server(services: Services, name: str) -> Child:
    return next(child for child in services.children if child.name == name)


def remember(services: Services, text: str) -> None:
    assert services.db_url
    with psycopg.connect(services.db_url) as connection:
        connection.execute("CREATE TABLE kept (text text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [text])


def test_the_database_is_utf8_with_the_builtin_locale(services: Services) -> None:
    assert ask(services, "SELECT current_database()") == "c2s_enrich"
    found = "SELECT datlocprovider::text || pg_encoding_to_char(encoding) FROM pg_database"
    assert ask(services, f"{found} WHERE datname = 'c2s_enrich'") == "bUTF8"


def test_django_finds_the_socket_in_the_url(services: Services) -> None:
    config = environ.Env.db_url_config(services.db_url)
    assert config["OPTIONS"] == {"host": str(services.sockets)}
    assert (config["USER"], config["NAME"], config["PORT"]) == ("c2s", "c2s_enrich", 5432)


def test_nothing_listens_on_the_network(services: Services) -> None:
    assert ask(services, "SHOW listen_addresses") == ""
    assert redis_client(services).config_get("port") == {"port": "0"}


def redis_client(services: Services) -> redis.Redis:
    assert services.redis_url
    return redis.Redis.from_url(services.redis_url, decode_responses=True)


def test_redis_is_a_bounded_cache_without_files(services: Services) -> None:
    client = redis_client(services)
    wanted = {"maxmemory": "268435456", "maxmemory-policy": "allkeys-lru", "save": "", "appendonly": "no"}
    assert {name: client.config_get(name)[name] for name in wanted} == wanted
    client.close()


def test_the_cache_server_is_the_wheels_else_one_on_path_else_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert redis_server.binary() in redis_server.bundled()
    monkeypatch.setattr(redis_server, "bundled", lambda: [tmp_path / "valkey-server-of-another-processor"])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert redis_server.binary() is None
    for name in ("valkey-server", "redis-server"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        assert redis_server.binary() == program


def test_the_sockets_are_private(services: Services) -> None:
    assert services.sockets
    assert stat.S_IMODE(services.sockets.stat().st_mode) == 0o700


def test_a_second_start_keeps_the_data(tmp_path: Path) -> None:
    with start_services(tmp_path, with_redis=False) as first:
        remember(first, "still here")
    with start_services(tmp_path, with_redis=False) as second:
        assert ask(second, "SELECT text FROM kept") == "still here"


def test_a_data_folder_with_a_long_path_gets_a_short_socket_folder(tmp_path: Path) -> None:
    data_dir = tmp_path / ("long" * 30)
    with start_services(data_dir, durable=False) as services:
        assert services.sockets
        assert data_dir not in services.sockets.parents
        assert ask(services, "SELECT 1") == 1
        assert redis_client(services).ping()
    assert not services.sockets.exists()


def test_a_path_with_capitals_blanks_and_accents_works(tmp_path: Path) -> None:
    with start_services(tmp_path / "Meus Dados São", durable=False) as services:
        assert ask(services, "SELECT 1") == 1
        assert redis_client(services).ping()


def test_a_kill_during_the_making_of_the_data_folder_blocks_nothing(tmp_path: Path) -> None:
    unfinished = tmp_path / "postgres.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with start_services(tmp_path, with_redis=False, durable=False) as services:
        assert ask(services, "SELECT 1") == 1


def test_data_of_another_version_are_refused_and_left_alone(tmp_path: Path) -> None:
    cluster = tmp_path / "postgres"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("15\n")
    with pytest.raises(Refused, match="written by PostgreSQL 15"):
        start_services(tmp_path, with_redis=False)
    assert [path.name for path in cluster.iterdir()] == ["PG_VERSION"]


def test_nothing_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    holder, pids = hold_services(tmp_path)
    assert len(pids) == 2
    holder.kill()
    holder.communicate()
    assert eventually(lambda: not any(map(is_alive, pids)))
    with start_services(tmp_path, durable=False) as services:
        assert ask(services, "SELECT 1") == 1


def test_an_orphan_that_stayed_is_ended_by_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    *polite, (kill, _within) = postgres.ENDING_AN_ORPHAN
    impatient = (*((number, 0.2) for number, _within in polite), (kill, 60.0))
    monkeypatch.setattr(postgres, "ENDING_AN_ORPHAN", impatient)
    with start_services(tmp_path, with_redis=False, durable=False) as orphaned:
        old = server(orphaned, "postgres")
        os.kill(old.pid, signal.SIGSTOP)  # too stunned to notice any polite signal
        with start_services(tmp_path, with_redis=False, durable=False) as services:
            assert ask(services, "SELECT 1") == 1
            assert old.exited()


def test_a_pid_file_that_names_somebody_else_harms_nobody(tmp_path: Path) -> None:
    with start_services(tmp_path, with_redis=False, durable=False) as services:
        kept = services.data_dir / "postgres" / "postmaster.pid"
        lines = kept.read_text().splitlines()
    kept.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    with start_services(tmp_path, with_redis=False, durable=False) as again:
        assert ask(again, "SELECT 1") == 1


@AS_ROOT
def test_as_root_the_servers_run_as_nobody_below_a_folder_that_is_roots_alone(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = modes_above(closed)
    with start_services(closed / "checkout" / "var", durable=False) as services:
        assert ask(services, "SELECT 1") == 1
        assert {os.stat(f"/proc/{child.pid}").st_uid for child in services.children} == {65534}
        assert {effective_capabilities(child.pid) for child in services.children} <= {1 << 2, 1 << 1}
    assert modes_above(closed) == before


@AS_ROOT
def test_as_root_the_database_lets_nobody_else_in(tmp_path: Path) -> None:
    """Not even the user that it runs as; also where the data folder was made when everybody was let in."""
    with start_services(tmp_path, with_redis=False, durable=False) as services:
        cluster = services.data_dir / "postgres"
    (cluster / "pg_hba.conf").write_text("local all all trust\n")
    with start_services(tmp_path, with_redis=False, durable=False) as services:
        assert ask(services, "SELECT 1") == 1
        psql = postgres.binaries() / "psql"
        account = account_for(services.data_dir, psql)
        asking = account.command([str(psql), "-h", str(services.sockets), "-U", "c2s", "-l"], signal.SIGKILL)
        said = subprocess.run(asking, capture_output=True, text=True, check=False)
        assert 'Peer authentication failed for user "c2s"' in said.stderr


@AS_ROOT
def test_as_root_the_servers_run_as_the_owner_of_the_data_folder(tmp_path: Path) -> None:
    data_dir = tmp_path / "theirs"
    data_dir.mkdir()
    os.chown(data_dir, 1, 1)  # Debian's `daemon`
    with start_services(data_dir, with_redis=False, durable=False) as services:
        assert os.stat(f"/proc/{server(services, 'postgres').pid}").st_uid == 1


def modes_above(folder: Path) -> list[tuple[int, int]]:
    above = (folder, *folder.parents, *postgres.binaries().parents)
    return [(path.stat().st_mode, path.stat().st_uid) for path in above]


def effective_capabilities(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("CapEff")), 16)
