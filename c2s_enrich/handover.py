"""On SIGHUP gunicorn ends its old processes while the new ones still import: for seconds nobody would answer.

An old process goes on until the new ones are ready. They tell each other in memory that they share since the fork.
"""

import mmap
import struct
import threading
import time
from typing import Any

# a release that does not start must not keep the old one for ever
LONGEST = 60.0
_HEAD = struct.Struct("dii")
_PLACES = 2048
_LOOK_AGAIN = 0.1


class Handover:
    """Processes are numbered by gunicorn, in the order of their start: `first` is the oldest of the new ones."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _HEAD.size + _PLACES)
        self._leaving = threading.Event()

    def begin(self, *, first: int, number: int) -> None:
        """In the parent, before it starts them."""
        self._memory[_HEAD.size :] = bytes(_PLACES)
        _HEAD.pack_into(self._memory, 0, time.monotonic(), first, number)

    def ready(self, age: int) -> None:
        self._memory[_HEAD.size + age % _PLACES] = 1

    def must_wait(self, age: int) -> bool:
        began, first, number = _HEAD.unpack_from(self._memory)
        if age >= first or time.monotonic() - began > LONGEST:
            return False
        # one that died while it started has a successor with a higher number
        places = (_HEAD.size + later % _PLACES for later in range(first, first + _PLACES // 2))
        return sum(self._memory[place] for place in places) < number

    def leave(self, worker: Any, *signal: Any) -> None:
        """In place of gunicorn's own answer to SIGTERM."""
        if not self.must_wait(worker.age):
            worker.handle_exit(*signal)
        elif not self._leaving.is_set():
            self._leaving.set()
            threading.Thread(target=self._leave_later, args=[worker, *signal], daemon=True).start()

    def _leave_later(self, worker: Any, *signal: Any) -> None:
        while self.must_wait(worker.age):
            time.sleep(_LOOK_AGAIN)
        worker.handle_exit(*signal)


handover = Handover()
