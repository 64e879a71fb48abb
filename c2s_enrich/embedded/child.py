"""One process that lives no longer than we do."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
LOG_LIMIT = 1_000_000
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def ask_for_death_signal(number: signal.Signals) -> None:
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(number))


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`. The kernel watches the thread that forks: start children from the main one."""
    parent = os.getpid()

    def arm() -> None:
        ask_for_death_signal(death_signal)
        if os.getppid() != parent:  # it died before the signal was armed
            os.kill(os.getpid(), signal.SIGKILL)

    return arm


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@dataclass
class Child:
    """`log` names a file for its output; without one the output is a pipe that the supervisor reads."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    folder: Path
    log: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM
    stop_by: float = 5.0  # seconds after the stop began when it is killed
    before_start: Callable[[], None] = lambda: None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)

    def start(self) -> None:
        self.before_start()
        self.started_at = time.monotonic()
        if self.log is None:
            self._spawn(subprocess.PIPE)
            return
        with open(self.log, "ab", opener=_private) as output:
            if output.tell() > LOG_LIMIT:
                output.truncate(0)
            self._spawn(output)

    def _spawn(self, output: int | IO[bytes]) -> None:
        # A session of its own: the terminal's Ctrl-C reaches us alone, and we stop the children in order.
        self.process = subprocess.Popen(
            self.command,
            env=self.env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(self.death_signal),
        )

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    def exited(self) -> bool:
        """Whether it is gone; if so, what it left in its process group is ended too."""
        if self.process is None or self.process.returncode is not None:
            return True
        # WNOWAIT: as long as the zombie is there, nobody else can get its process group's number.
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return False
        self._signal_group(signal.SIGKILL)
        self.process.wait()
        return True

    def how_it_ended(self) -> str:
        code = self.process.returncode if self.process else 0
        return f"by {signal.Signals(-code).name}" if code < 0 else f"with code {code}"

    def ask_to_stop(self) -> None:
        if not self.exited():
            os.kill(self.pid, self.stop_signal)

    def kill(self) -> None:
        if not self.exited() and self.process:
            self._signal_group(signal.SIGKILL)
            self.process.wait()

    def stop(self, within: float) -> None:
        """For a child without a pipe to be read."""
        self.ask_to_stop()
        wait_until(self.exited, within)
        self.kill()

    def _signal_group(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):  # the group may be empty but for the zombie
            return


def wait_until(condition: Callable[[], bool], within: float) -> bool:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
