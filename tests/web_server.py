"""gunicorn with two processes, on the database and Redis of the test session.

They import the program once, as in `make run`; that each imports it for itself, as in production, the soak has.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from django.db import connection

from tests.addresses import at_database
from tests.c2s_enrich.embedded.processes import LONGEST, eventually
from tests.free_port import free_port
from tests.production import ROOT

ARGUMENTS = (
    "--preload --worker-class gthread --workers 2 --threads 8 --no-control-socket"
    " --graceful-timeout 60 --timeout 300 --log-level warning"
)


@dataclass
class WebServer:
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def ask(self, path: str, *, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, Any]:
        status, answer, _ = self.ask_in_full(path, method=method, body=body, **headers)
        return status, answer

    def ask_in_full(
        self, path: str, *, method: str = "GET", body: Any = None, **headers: str
    ) -> tuple[int, Any, Message]:
        """On a connection of its own, so that either process may take it."""
        sent = {"Content-Type": "application/json"} | headers
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=LONGEST)) as asking:
            asking.request(method, path, None if body is None else json.dumps(body), sent)
            answer = asking.getresponse()
            text = answer.read()
        told = json.loads(text) if text[:1] in (b"{", b"[") else text.decode()
        return answer.status, told, answer.headers

    @contextmanager
    def only(self, worker: int) -> Iterator[None]:
        """The others are held, so that this process answers."""
        held = [pid for pid in self.workers if pid != worker]
        for pid in held:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in held:
                os.kill(pid, signal.SIGCONT)


@contextmanager
def web_server(folder: Path, **settings: str) -> Iterator[WebServer]:
    port = free_port()
    env = dict(os.environ) | {"DB_URL": database_url(), "LOG_LEVEL": "DEBUG", "PYTHONUNBUFFERED": "1"} | settings
    command = [sys.executable, "-m", "gunicorn", "c2s_enrich.wsgi", "--bind", f"127.0.0.1:{port}", *ARGUMENTS.split()]
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    server = WebServer(port, process, folder / "web.log")
    try:
        assert eventually(lambda: _answers(server) and len(server.workers) == 2), server.log.read_text()
        yield server
    finally:
        process.terminate()
        process.wait(timeout=LONGEST)


def database_url() -> str:
    """The session's server, and the database of this test."""
    return at_database(os.environ.get("DB_URL") or os.environ["DATABASE_URL"], connection.settings_dict["NAME"])


def _answers(server: WebServer) -> bool:
    try:
        return server.ask("/health")[0] == 200
    except (OSError, HTTPException):
        return False
