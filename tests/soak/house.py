"""The whole service on one machine, to be broken at will: PostgreSQL, Redis, web, workers, and providers played.

Its servers are its own, so that killing them harms no other test; nothing here needs Django.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psycopg

from c2s_enrich.embedded.child import Child
from c2s_enrich.embedded.services import Services, start_services
from enrichment.sandbox import Sandbox
from tests.c2s_enrich.embedded.processes import ROOT, eventually
from tests.free_port import free_port
from tests.services import VALUES

SECRET = "the-secret-of-the-soak"
KEY = "the-api-key-of-the-soak-0123456789"
PASSWORD = "the-password-of-the-soak"
C2S_DOOR = "/api/v1/webhooks/c2s"
WORKERS = 2
SLOTS = 10
WEB = (
    "--worker-class gthread --workers 2 --threads 8 --no-control-socket"
    " --graceful-timeout 5 --timeout 300 --log-level warning"
)
# rungs enough that no lead gives up while everything around it is being broken
LADDER = ",".join(["1", "2", "3"] + ["5"] * 60)
OPEN = "select count(*) from runs where state in ('queued', 'running')"
# limits for a slow machine: what takes longer hangs
RESTART_WITHIN = 300.0
ENDED_WITHIN = 900.0
LOG = 20_000


class House:
    def __init__(self, folder: Path, services: Services, sandbox: Sandbox, port: int, **settings: str) -> None:
        self.folder, self.sandbox, self.port = folder, sandbox, port
        self.db_url = str(services.db_url)
        self.postgres, self.redis = services.children
        self.env = dict(os.environ) | VALUES | surroundings(folder, services, sandbox) | settings
        # a child of ours is watched by the thread that started it: all are started by the main one
        self.web = self._child("web", "-m", "gunicorn", "c2s_enrich.wsgi", "--bind", f"127.0.0.1:{port}", *WEB.split())
        worker = ("manage.py", "worker", "--concurrency", str(SLOTS))
        self.workers = [self._child(f"worker-{n}", *worker) for n in range(WORKERS)]

    def _child(self, name: str, *words: str) -> Child:
        return Child(
            name, [sys.executable, *words], self.env, ROOT, log=self.folder / f"{name}.log", death_signal=signal.SIGKILL
        )

    @property
    def programs(self) -> list[Child]:
        return [self.web, *self.workers]

    def open(self) -> None:
        self.manage("migrate", "--noinput", "--verbosity", "0")
        self.manage("bootstrap")
        for child in self.programs:
            child.start()
        self.wait(self.is_ready)

    def close(self) -> None:
        for child in self.programs:
            child.kill()

    def manage(self, *words: str) -> str:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(command, env=self.env, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, path: str, *, body: Any = None, timeout: float = 40, **headers: str) -> tuple[int, bytes]:
        """Status and answer; status 0 when there was none."""
        asking = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        sent = {"Content-Type": "application/json"} | headers
        try:
            asking.request("GET" if body is None else "POST", path, None if body is None else json.dumps(body), sent)
            answer = asking.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException):
            return 0, b""
        finally:
            asking.close()

    def webhook(self, body: Any) -> tuple[int, bytes]:
        return self.ask(C2S_DOOR, body=body, **{"X-Webhook-Token": SECRET})

    def is_ready(self) -> bool:
        return self.ask("/ready", timeout=20)[0] == 200

    def select(self, query: str) -> Any:
        with psycopg.connect(self.db_url) as connection:
            return connection.execute(query).fetchall()

    def wait(self, condition: Callable[[], bool], within: float = RESTART_WITHIN) -> None:
        assert eventually(condition, within), self.told()

    def wait_until_all_ended(self) -> None:
        self.wait(lambda: self.select(OPEN)[0][0] == 0, ENDED_WITHIN)

    def restart_postgres(self, *, number: signal.Signals = signal.SIGINT, away: float = 1.0) -> None:
        restart(self.postgres, number, away)
        self.wait(self._database_answers)

    def restart_redis(self, *, away: float = 1.0) -> None:
        restart(self.redis, signal.SIGKILL, away)

    @contextmanager
    def held(self, child: Child) -> Iterator[None]:
        """Alive, and silent. PostgreSQL's own children lead groups of their own."""
        children = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        for pid in (child.pid, *map(int, children)):
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in (child.pid, *map(int, children)):
                os.kill(pid, signal.SIGCONT)

    def _database_answers(self) -> bool:
        try:
            return bool(self.select("select 1"))
        except psycopg.OperationalError:
            return False

    def told(self) -> str:
        """What a failed test says."""
        logs = (path.read_text(errors="replace")[-LOG:] for path in self.folder.glob("*.log"))
        return "\n".join([str(self.sandbox.stats()), *logs])


def restart(child: Child, number: signal.Signals, away: float) -> None:
    if not child.exited():
        os.kill(child.pid, number)
        eventually(child.exited, 60)
        child.kill()
    time.sleep(away)
    child.start()


def surroundings(folder: Path, services: Services, sandbox: Sandbox) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "c2s_enrich.settings",
        "DATA_DIR": str(folder),
        "DB_URL": str(services.db_url),
        "DATABASE_URL": "",
        "REDIS_URL": str(services.redis_url),
        "C2S_BASE_URL": sandbox.c2s_url,
        "DIRETRIX_BASE_URL": sandbox.diretrix_url,
        "WORK_API_BASE_URL": sandbox.work_api_url,
        "C2S_RATE": "0",
        "CACHE_TIMEOUT_MS": "50",
        "RETRY_LADDER": LADDER,
        "BREAKER_OPEN_SECONDS": "2",
        "PROCESS_WAIT_SECONDS": "5",
        "RUN_LEASE_SECONDS": "5",
        "RECONCILE_MINUTES": "0",
        "DB_POOL_SIZE": "10",
        "WEBHOOK_SECRET": SECRET,
        "BOOTSTRAP_API_KEY": KEY,
        "BOOTSTRAP_ADMIN_PASSWORD": PASSWORD,
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def house(folder: Path, **settings: str) -> Iterator[House]:
    with start_services(folder) as services, Sandbox(port=0) as sandbox:
        built = House(folder, services, sandbox, free_port(), **settings)
        try:
            built.open()
            yield built
        finally:
            built.close()
