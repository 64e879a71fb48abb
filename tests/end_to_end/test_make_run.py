"""The whole house as a newcomer meets it: one command, a lead, Ctrl-C, and again."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO, Any

import pytest

from c2s_enrich.embedded.loopback import ask
from tests.c2s_enrich.embedded.processes import LONGEST, ROOT, clean_env, eventually, launch, processes_naming
from tests.free_port import free_port

# seconds to start and look at itself, where nothing else is under way
DJANGO_ALONE = 1.2
SAMPLE_ID = "358f62821dc6cfa7cfbda19e670d6392"


class Run:
    """One `make run` and what it printed."""

    def __init__(self, data_dir: Path, port: int, **env: str) -> None:
        self.began = time.monotonic()
        self.process = launch(DATA_DIR=data_dir, PORT=str(port), **env)
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._readers = [
            self._read(self.process.stdout, self.lines),
            self._read(self.process.stderr, self.errors),
        ]

    def _read(self, stream: IO[str] | None, lines: list[str]) -> Thread:
        def read() -> None:
            assert stream
            with stream:
                lines.extend(stream)

        reader = Thread(target=read, daemon=True)
        reader.start()
        return reader

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def wait_for_table(self, within: float = 600.0) -> float:
        told = eventually(lambda: "Try:" in self.text or self.process.poll() is not None, within)
        assert told, self.everything()
        assert eventually(lambda: self.text.count("curl ") == 2), self.everything()
        return time.monotonic() - self.began

    def everything(self) -> str:
        return self.text + "".join(self.errors)

    def field(self, name: str) -> str:
        found = re.search(rf"^  {name} +(.+)$", self.text, re.MULTILINE)
        assert found, self.everything()
        return found[1]

    def curl(self, number: int) -> Any:
        """One of the printed lines, run as it stands."""
        line = [line.strip() for line in self.lines if line.startswith("  curl ")][number]
        answer = subprocess.run(["sh", "-c", f"{line} --fail --silent"], capture_output=True, text=True)
        assert answer.returncode == 0, line + answer.stderr
        return json.loads(answer.stdout)

    def inbox(self, lead_id: str) -> list[Any]:
        port = int(self.field("CRM inbox").rstrip("/").rpartition(":")[2])
        said: list[Any] = []

        def tells() -> bool:
            status, answer = ask(port, f"/_messages?lead_id={lead_id}")
            said[:] = answer["messages"] if status == 200 else []
            return status == 200

        assert eventually(tells), self.everything()
        return said

    def stop(self) -> float:
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=LONGEST) == 0, self.everything()
        return time.monotonic() - began

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for reader in self._readers:
            reader.join(timeout=10)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("make-run")


@pytest.fixture(scope="module")
def port() -> int:
    # the web server's, and the sandbox's behind it
    return free_port(neighbours=1)


@pytest.fixture(scope="module")
def first(data_dir: Path, port: int) -> Iterator[Run]:
    run = Run(data_dir, port)
    try:
        run.wait_for_table()
        yield run
    finally:
        run.end()


def test_the_sample_lead_is_in_the_inbox(first: Run) -> None:
    assert len(first.inbox(SAMPLE_ID)) == 1, first.everything()


def test_the_printed_lines_work_as_printed(first: Run) -> None:
    assert SAMPLE_ID in str(first.curl(1))
    first.curl(0)
    line = next(line for line in first.lines if "webhooks/c2s" in line)
    posted = re.search(r'"id": "([^"]+)"', line)
    assert posted
    assert posted[1] != SAMPLE_ID
    assert eventually(lambda: len(first.inbox(posted[1])) == 1), first.everything()


def test_nothing_secret_or_personal_is_in_the_lines_of_the_children(first: Run, data_dir: Path) -> None:
    told = "".join(line for line in first.lines if re.match(r"\w+ +\|", line))
    secrets = json.loads((data_dir / "secrets.json").read_text()).values()
    for private in (*secrets, "98765-4321", "98765", "52998224725", "marina.prado"):
        assert private not in told


def test_another_terminal_finds_the_same_services(first: Run, data_dir: Path) -> None:
    lines = (data_dir / "running.env").read_text()
    assert f"DATA_DIR='{data_dir}'" in lines
    assert "DB_URL='postgres://c2s@:5432/c2s_enrich?host=" in lines


def test_a_dead_worker_and_a_dead_web_server_come_back(first: Run, data_dir: Path, port: int) -> None:
    for sign in ("manage.py\0worker", "c2s_enrich.wsgi"):
        for pid in [pid for pid in processes_naming(sign) if pid in processes_naming(f"DATA_DIR={data_dir}\0")]:
            with suppress(ProcessLookupError):  # the web server's own processes leave when it is gone
                os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: first.text.count("again in 1 s") == 2), first.everything()
    assert eventually(lambda: is_ready(port)), first.everything()


def is_ready(port: int) -> bool:
    return ask(port, "/ready")[0] == 200


def test_it_stops_within_ten_seconds_and_the_next_start_takes_less(first: Run, data_dir: Path, port: int) -> None:
    assert is_soon(first.stop()), first.everything()
    assert processes_naming(data_dir) == []
    assert not (data_dir / "running.env").exists()
    again = Run(data_dir, port)
    try:
        took = again.wait_for_table()
        key = first.field("API key")
        line = next(line.strip() for line in again.lines if "/api/v1/leads/" in line)
        command = f"API_KEY={key}; {line} --fail --silent"
        kept = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
        assert kept.returncode == 0, again.everything()
        assert again.inbox(SAMPLE_ID) == []
        # of two starts, for other tests are at work beside one of them
        assert is_soon(min(took, killed_and_started_again(again, data_dir, port))), again.everything()
    finally:
        again.end()


def is_soon(seconds: float) -> bool:
    """Within ten seconds; where even Django alone takes long to start, the machine is slow and not we."""
    if seconds < 10:
        return True
    began = time.monotonic()
    subprocess.run([sys.executable, "manage.py", "check"], env=clean_env(), cwd=ROOT, capture_output=True, check=True)
    return seconds < 20 * (time.monotonic() - began) / DJANGO_ALONE


def killed_and_started_again(run: Run, data_dir: Path, port: int) -> float:
    run.process.kill()
    run.process.wait()
    third = Run(data_dir, port)
    try:
        took = third.wait_for_table()
        third.stop()
    finally:
        third.end()
    assert processes_naming(data_dir) == []
    return took
