"""The predecessor's whole database brought in: `python -m tests.bench.legacy --scale 1 --data-dir DIR`.

Its database is built once and found again; ours is made anew unless `--go-on` finishes an interrupted import.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from c2s_enrich.embedded.services import start_services
from enrichment.synthetic.world import World
from tests.bench.predecessor import built
from tests.services import VALUES

_ROOT = Path(__file__).parents[2]
_MANAGE = [sys.executable, str(_ROOT / "manage.py")]
_OURS = "brought_in"
# the same people in every run
_UNTIL = date(2026, 3, 1)


def main() -> None:
    asked = _asked()
    with _folder(asked.data_dir) as folder, start_services(folder) as services:
        server = str(services.db_url)
        theirs, ours = _beside(server, f"predecessor_{asked.scale:g}"), _beside(server, _OURS)
        env = os.environ | VALUES | {"DATA_DIR": str(folder), "DB_URL": ours, "REDIS_URL": str(services.redis_url)}
        env |= {"DJANGO_SETTINGS_MODULE": "c2s_enrich.settings", "LOG_LEVEL": "ERROR"}
        _predecessor(server, theirs, asked.scale)
        if not asked.go_on:
            _emptied(server)
            subprocess.run([*_MANAGE, "migrate", "-v0"], env=env, cwd=_ROOT, check=True)
        _imported(theirs, env, folder)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.legacy", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.01, help="1 is production's size; 0.01 by default")
    parser.add_argument("--data-dir", type=Path, help="keep the databases here, and find them again the next time")
    parser.add_argument("--go-on", action="store_true", help="finish the import that was interrupted there")
    return parser.parse_args()


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="c2s-legacy-") as passing:
        folder = kept or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        yield folder


def _beside(server: str, name: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def _predecessor(server: str, theirs: str, scale: float) -> None:
    name = urlsplit(theirs).path[1:]
    with psycopg.connect(server, autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    with psycopg.connect(theirs) as connection:
        there = connection.execute("select to_regclass('core.party_relationships')").fetchone()
    if not (there and there[0]):
        built(theirs, World(1, scale, _UNTIL))


def _emptied(server: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(_OURS)))
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(_OURS)))


def _imported(theirs: str, env: dict[str, str], folder: Path) -> None:
    """With what the process took: its own processor time, the server's share, and the most memory it ever held."""
    words = [*_MANAGE, "import_legacy", "--dsn", theirs, "--refused", str(folder / "refused.tsv")]
    began, before = time.monotonic(), os.times()
    process = subprocess.Popen(words, env=env, cwd=_ROOT)
    most = 0.0
    while process.poll() is None:
        most = max(most, _proportional_mb(process.pid))
        time.sleep(0.5)
    took, after = time.monotonic() - began, os.times()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    own = after.children_user + after.children_system - before.children_user - before.children_system
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    sys.stdout.write(
        f"{took:,.0f} s, {own:,.0f} s of them processor time of the import itself; "
        f"peak {peak:.0f} MB (proportional {most:.0f} MB); load {load}\n"
    )
    if process.returncode:
        sys.exit(process.returncode)


def _proportional_mb(pid: int) -> float:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in rollup.splitlines() if line.startswith("Pss:")), 0.0)


if __name__ == "__main__":
    main()
