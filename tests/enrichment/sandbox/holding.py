"""Calls that stay under way until a test lets them go: no latency is surely long enough for whoever comes meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from enrichment.sandbox import Sandbox

LONGEST = 60.0


@contextmanager
def held(sandbox: Sandbox, provider: str) -> Iterator[Callable[[], None]]:
    """What is refused outright is not held. Whoever calls must be joined outside, after all were let go."""
    answer, gone = sandbox._answer, Event()

    def later(request: Any, call: Any, handler: Any, plan: Any) -> Any:
        if call.provider == provider and plan.mode.does_the_deed:
            gone.wait(LONGEST)
        return answer(request, call, handler, plan)

    played: Any = sandbox
    played._answer = later
    try:
        yield gone.set
    finally:
        gone.set()
        del played._answer


def in_flight(sandbox: Sandbox, provider: str) -> int:
    count: int = sandbox.stats()[provider]["in_flight"]
    return count
