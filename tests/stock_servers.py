"""Debian's own PostgreSQL and PgBouncer, each in a folder of the test and for as long as it lasts."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from c2s_enrich.embedded.child import Child, wait_until
from c2s_enrich.embedded.postgres import environment
from c2s_enrich.embedded.privileges import account_for
from tests.free_port import free_port

USER = "c2s"
_INSTALLED = Path("/usr/lib/postgresql")
PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin")


def majors() -> list[int]:
    """Those whose server is installed."""
    return sorted(int(program.parts[-3]) for program in _INSTALLED.glob("*/bin/postgres"))


@contextmanager
def stock_postgres(folder: Path, major: int) -> Iterator[tuple[str, Child]]:
    """Its address, and its process."""
    binaries, port = _INSTALLED / str(major) / "bin", free_port()
    folder.mkdir()
    account = account_for(folder, binaries / "postgres")
    account.own(folder)
    made = [str(binaries / "initdb"), "-A", "trust", "-U", USER, "--encoding=UTF8", "--locale=C.UTF-8", "-N", "-D"]
    subprocess.run(
        account.command([*made, str(folder / "data")], signal.SIGKILL),
        env=environment(),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    words = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port), "-k", str(folder), "-F"]
    server = Child("postgres", account.command(words, signal.SIGINT), environment(), folder=folder, log=folder / "log")
    with _running(server):
        url = f"postgres://{USER}@127.0.0.1:{port}/postgres"
        assert wait_until(lambda: _answers(url), 60), (folder / "log").read_text()
        yield url, server


@contextmanager
def pgbouncer(folder: Path, behind: str, *more: str) -> Iterator[str]:
    """In transaction mode before that server; the address of the same database through it."""
    port, server_port = free_port(), psycopg.conninfo.conninfo_to_dict(behind)["port"]
    folder.mkdir()
    (folder / "users").write_text(f'"{USER}" ""\n')
    lines = [
        "[databases]", f"* = host=127.0.0.1 port={server_port}", "[pgbouncer]", "listen_addr = 127.0.0.1",
        f"listen_port = {port}", "unix_socket_dir =", "auth_type = trust", f"auth_file = {folder / 'users'}",
        "pool_mode = transaction", "ignore_startup_parameters = extra_float_digits", *more,
    ]  # fmt: skip
    (folder / "ini").write_text("\n".join(lines) + "\n")
    assert PGBOUNCER
    account = account_for(folder, Path(PGBOUNCER))
    account.own(folder)
    words = account.command([PGBOUNCER, str(folder / "ini")], signal.SIGKILL)
    with _running(Child("pgbouncer", words, environment(), folder=folder, log=folder / "log")):
        url = f"postgres://{USER}@127.0.0.1:{port}/postgres"
        assert wait_until(lambda: _answers(url), 60), (folder / "log").read_text()
        yield url


@contextmanager
def _running(child: Child) -> Iterator[None]:
    child.start()
    try:
        yield
    finally:
        child.kill()


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=1).close()
    except psycopg.Error:
        return False
    return True
