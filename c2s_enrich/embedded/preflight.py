"""What must be right before anything is started; each failure is one sentence."""

import errno
import fcntl
import ipaddress
import os
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
from psycopg.conninfo import make_conninfo

from c2s_enrich.embedded.refusal import Refused
from c2s_enrich.unreachable import reason_in

DEFAULT_PORT = 8081
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - only where HOST says so  # nosec B104
RUNNING_ENV = "running.env"
STOPPING = "stopping"


def given(env: Mapping[str, str], name: str) -> str:
    """The value of NAME, or of the file that NAME_FILE names, as the settings read it."""
    file = env.get(f"{name}_FILE")
    if not file:
        return env.get(name, "")
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise Refused(f"{name}_FILE names a file that cannot be read: {error.strerror}.") from error


def external_database(env: Mapping[str, str]) -> str:
    return given(env, "DB_URL") or given(env, "DATABASE_URL")


def writable_folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path.resolve()
    except OSError as error:
        raise Refused(
            f"The data folder {path} cannot be written ({error.strerror}): choose another one with DATA_DIR=…"
        ) from error


def port_number(env: Mapping[str, str]) -> int:
    text = env.get("PORT") or str(DEFAULT_PORT)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise Refused(f"PORT must be a number from 1 to 65535, and it is {text!r}.")
    return int(text)


def web_addresses(env: Mapping[str, str]) -> list[str]:
    """Loopback, where we look ourselves; HOST opens others, or all of them."""
    host = env.get("HOST") or LOOPBACK
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        raise Refused(f"HOST must be an address such as {EVERYWHERE}, and it is {host!r}.") from None
    return [host] if host in (LOOPBACK, EVERYWHERE) else [LOOPBACK, host]


def free_port(port: int, *, addresses: Sequence[str] = (LOOPBACK,), patience: float = 0.0) -> int:
    """`patience` is for what a killed predecessor is still letting go of."""
    deadline = time.monotonic() + patience
    for address in addresses:
        while reason := _why_not(address, port):
            if time.monotonic() >= deadline:
                raise Refused(reason)
            time.sleep(0.1)
    return port


def _why_not(address: str, port: int) -> str:
    another = "or choose another one with PORT=…"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except PermissionError:
            return f"Port {port} may be used by root only: start as root, {another}"
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                return f"HOST must be an address of this machine, and {address} is none."
            return f"Port {port} is taken: stop what uses it, {another}"
    return ""


def port_near(port: int) -> int:
    """The next one, or any that is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port + 1))
        except (OSError, OverflowError):
            probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def reachable_database(url: str) -> None:
    try:
        psycopg.connect(make_conninfo("", **connection_parameters(url))).close()
    except (psycopg.Error, ValueError) as error:
        # No `from`: the driver's own text may repeat the address with its password.
        raise Refused(f"The database of DB_URL cannot be reached at {_place(url)}: {reason_in(error)}.") from None


def connection_parameters(url: str) -> dict[str, str]:
    """libpq knows two of the schemes that django-environ accepts, so it gets the parts."""
    parts = urlsplit(url)
    path, host = unquote(parts.path[1:]), parts.hostname or ""
    if path.startswith("/"):
        host, path = path.rsplit("/", 1)
    found = {
        "host": unquote(host),
        "port": str(parts.port or ""),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": path,
    }
    options = {name: value for name, value in parse_qsl(parts.query) if name in ("host", "sslmode", "sslrootcert")}
    return {name: value for name, value in (found | options).items() if value} | {"connect_timeout": "5"}


def _place(url: str) -> str:
    try:
        found = connection_parameters(url)
    except ValueError:
        return "an address that cannot be read"
    return f"{found.get('host', 'localhost')}:{found.get('port', 5432)}"


@contextmanager
def alone_in(data_dir: Path) -> Iterator[Path]:
    """One launch per data folder. Yields the lock's file, in which a launch says that it is leaving."""
    path = data_dir / "launch.lock"
    with open(path, "a+") as file:
        _lock(file.fileno(), path)
        file.truncate(0)
        yield path


def _lock(descriptor: int, path: Path) -> None:
    began = time.monotonic()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            patience = 12 if STOPPING in path.read_text() else 1
            if time.monotonic() - began > patience:
                raise Refused(f"c2s-enrich runs already with {path.parent}: stop it, or set DATA_DIR=…") from None
            time.sleep(0.1)
        else:
            return


def was_killed(data_dir: Path) -> bool:
    """An orderly stop takes this file away."""
    return os.path.lexists(data_dir / RUNNING_ENV)
