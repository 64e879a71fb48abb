"""A fault hook: the process stands still once a step was passed so often, and is then killed from outside."""

import os
import signal
from itertools import count

_passed = count(1)


def at_step(step: str) -> None:
    if step == os.environ["DIES_AFTER"] and next(_passed) == int(os.environ["DIES_AT"]):
        os.kill(os.getpid(), signal.SIGSTOP)
