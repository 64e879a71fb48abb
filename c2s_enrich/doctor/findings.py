"""What `manage.py doctor` looks at: each room adds its own examinations, and each finding says what to do."""

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Literal

from django.db import connections

State = Literal["ok", "warning", "failed", "unknown"]
DATABASE = "database"
# seconds: whatever hangs, the doctor has spoken after a quarter of a minute
ONE_AT_MOST, ALL_AT_MOST = 4.0, 13.0


@dataclass(frozen=True, slots=True)
class Finding:
    about: str
    state: State
    says: str
    do: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    about: str
    look: Callable[[], Iterable[Finding]]
    needs_database: bool


_examinations: dict[str, Examination] = {}
Look = Callable[[], Iterable[Finding]]


def examined(about: str, *, needs_database: bool = True) -> Callable[[Look], Look]:
    """How a room adds an examination: a function that looks when it is called."""

    def add(look: Look) -> Look:
        _examinations[about] = Examination(about, look, needs_database)
        return look

    return add


def examine() -> Iterable[Finding]:
    """What needs no database first. Without one the rest cannot be looked at, and says so."""
    lost = False
    until = time.monotonic() + ALL_AT_MOST
    for examination in sorted(_examinations.values(), key=lambda examination: examination.needs_database):
        if lost and examination.needs_database:
            yield Finding(examination.about, "unknown", "not looked at: it is asked of the database")
            continue
        found = _found_within(min(ONE_AT_MOST, until - time.monotonic()), examination)
        lost = lost or any(f.about == DATABASE and f.state == "failed" for f in found)
        yield from found


def _found_within(seconds: float, examination: Examination) -> list[Finding]:
    """In a thread of its own: one that hangs is left behind."""
    if seconds <= 0:
        return [Finding(examination.about, "unknown", "not looked at: what hangs above took all the time")]
    found: SimpleQueue[list[Finding]] = SimpleQueue()
    Thread(target=lambda: found.put(_found(examination)), daemon=True).start()
    try:
        return found.get(timeout=seconds)
    except Empty:
        do = "Look whether it runs, and what stands in between: a pooler, a proxy, a firewall."
        return [Finding(examination.about, "failed", f"did not answer within {seconds:.0f} s", do)]


def _found(examination: Examination) -> list[Finding]:
    try:
        return list(examination.look())
    except Exception as error:  # noqa: BLE001  one that breaks must not hide the others; its text may hold an address
        says = f"could not be looked at ({type(error).__name__})"
        return [Finding(examination.about, "failed", says, "Mend what failed above it first, migrations before all.")]
    finally:
        connections.close_all()


def worst(findings: Iterable[Finding]) -> State:
    states = {finding.state for finding in findings}
    order: tuple[State, ...] = ("failed", "unknown", "warning")
    return next((state for state in order if state in states), "ok")


def as_report(findings: list[Finding], version: str) -> dict[str, Any]:
    return {"status": worst(findings), "version": version, "findings": [asdict(finding) for finding in findings]}
