"""Keeps the children going: reads their lines, restarts the dead, stops them all in order."""

import os
import selectors
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from c2s_enrich.embedded.child import Child

LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 60.0
HURRY = 0.5
# `make` passes on a signal that its whole process group got: two at once are one.
ONE_SIGNAL = 1.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Say = Callable[[str, str], None]


class StopRequested(BaseException):
    """Raised by the first signal, wherever the main thread is; like KeyboardInterrupt it is no error."""


def pause_before_restart(deaths_in_a_row: int) -> float:
    return min(2.0 ** (deaths_in_a_row - 1), LONGEST_PAUSE)


@dataclass
class Watched:
    child: Child
    deaths_in_a_row: int = 0
    restart_at: float | None = None
    unfinished_line: bytes = field(default=b"", repr=False)

    def note_death(self, now: float) -> float:
        was_healthy = now - self.child.started_at >= HEALTHY_AFTER
        self.deaths_in_a_row = 1 if was_healthy else self.deaths_in_a_row + 1
        pause = pause_before_restart(self.deaths_in_a_row)
        self.restart_at = now + pause
        return pause


class Supervisor:
    """One thread, one loop. `say(name, line)` prints."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._watched: list[Watched] = []
        self._selector = selectors.DefaultSelector()
        self._asked_at: float | None = None
        self._hurried = False
        self._stopping = False

    def catch_signals(self) -> None:
        for number in STOP_SIGNALS:
            # `nohup` asks for SIGHUP to be ignored.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
            if not self._stopping:
                raise StopRequested
        elif now - self._asked_at > ONE_SIGNAL:
            self._hurried = True

    def start(self, child: Child) -> None:
        watched = Watched(child)
        self._watched.append(watched)
        self._start(watched)

    def adopt(self, child: Child) -> None:
        """A child that runs already and writes to a file of its own."""
        self._watched.append(Watched(child))

    def _start(self, watched: Watched) -> None:
        watched.restart_at = None
        watched.child.start()
        process = watched.child.process
        if process and process.stdout:
            os.set_blocking(process.stdout.fileno(), False)
            self._selector.register(process.stdout, selectors.EVENT_READ, watched)

    def turn(self, longest: float = 0.5) -> None:
        """One round: what the children wrote, who has died, who is due again."""
        self._read(longest)
        for watched in self._watched:
            if watched.restart_at is None:
                self._look_after(watched)
            elif time.monotonic() >= watched.restart_at:
                self._restart(watched)

    def wait_for(self, condition: Callable[[], bool], within: float) -> bool:
        deadline = time.monotonic() + within
        while not condition():
            if time.monotonic() > deadline:
                return False
            self.turn(0.1)
        return True

    def _look_after(self, watched: Watched) -> None:
        if not watched.child.exited():
            return
        self._drain(watched)
        pause = watched.note_death(time.monotonic())
        where = f"; see {watched.child.log}" if watched.child.log else ""
        self._say(watched.child.name, f"ended {watched.child.how_it_ended()}, again in {pause:.0f} s{where}")

    def _restart(self, watched: Watched) -> None:
        try:
            self._start(watched)
        except OSError as error:
            pause = watched.note_death(time.monotonic())
            self._say(watched.child.name, f"cannot start ({error.strerror}), again in {pause:.0f} s")

    def _read(self, longest: float) -> None:
        if not self._selector.get_map():
            time.sleep(longest)
            return
        for key, _events in self._selector.select(longest):
            self._read_from(key.data)

    def _read_from(self, watched: Watched) -> bool:
        stream = watched.child.process and watched.child.process.stdout
        if not stream or stream.closed:
            return False
        try:
            chunk = os.read(stream.fileno(), 65536)
        except BlockingIOError:
            return False
        if not chunk:
            self._selector.unregister(stream)
            stream.close()
            return False
        self._print_lines(watched, chunk)
        return True

    def _print_lines(self, watched: Watched, chunk: bytes) -> None:
        *lines, watched.unfinished_line = (watched.unfinished_line + chunk).split(b"\n")
        for line in lines:
            self._say(watched.child.name, line.decode(errors="replace").rstrip())

    def _drain(self, watched: Watched) -> None:
        while self._read_from(watched):
            pass
        stream = watched.child.process and watched.child.process.stdout
        if stream and not stream.closed:
            self._selector.unregister(stream)
            stream.close()
        if watched.unfinished_line:
            self._print_lines(watched, b"\n")

    def stop(self) -> None:
        """In the reverse order of the start, each child until its `stop_by`; a second signal hurries."""
        self._stopping = True
        began = time.monotonic()
        for watched in reversed(self._watched):
            self._stop(watched, began + watched.child.stop_by)
        self._selector.close()

    def _stop(self, watched: Watched, deadline: float) -> None:
        child = watched.child
        child.ask_to_stop()
        asked = time.monotonic()
        while not child.exited() and time.monotonic() < deadline:
            if self._hurried and time.monotonic() > asked + HURRY:
                break
            self._read(0.05)
        child.kill()
        self._drain(watched)
