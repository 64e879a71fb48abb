"""Looking at real processes from outside."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# nothing here takes a tenth of it; a limit that is not reached costs nothing, and a machine may be slow or busy
LONGEST = 120.0
HOLDER = """
import sys, time
from pathlib import Path
from c2s_enrich.embedded.services import start_services
with start_services(Path(sys.argv[1]), durable=False) as services:
    print(*(child.pid for child in services.children), flush=True)
    time.sleep(600)
"""


def clean_env(**values: str | Path) -> dict[str, str]:
    """What a newcomer's shell has, and none of what the test session set."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    # Empty, not absent: a developer's own .env must not speak into the tests.
    unset = dict.fromkeys(("DB_URL", "DATABASE_URL", "REDIS_URL"), "")
    return kept | unset | {name: str(value) for name, value in values.items()}


def launch(**values: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "c2s_enrich.embedded"],
        env=clean_env(**values),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refused(**values: str | Path) -> str:
    """The sentence of a launch that must not start."""
    process = launch(**values)
    output, errors = process.communicate(timeout=LONGEST)
    assert process.returncode == 1, output + errors
    assert output == ""
    assert "Traceback" not in errors
    return errors.strip()


def hold_services(data_dir: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """Services in a process of their own, and the servers' pids."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    return process, [int(pid) for pid in process.stdout.readline().split()]


def eventually(condition: Callable[[], bool], within: float = LONGEST) -> bool:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def processes_naming(text: str | Path) -> list[int]:
    """Every living process with the text in its command line or its environment, but for ourselves."""
    found = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in found if pid != os.getpid() and is_alive(pid) and _names(pid, str(text).encode())]


def _names(pid: int, text: bytes) -> bool:
    try:
        return any(text in Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
    except OSError:
        return False
