from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any

from enrichment.sandbox.world import Call


@dataclass(slots=True)
class Tally:
    total: int = 0
    in_flight: int = 0
    max_in_flight: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    identifiers: Counter[str] = field(default_factory=Counter)
    last_start: float | None = None
    smallest_gap_ms: float | None = None  # between the starts of two calls: shows a client's politeness

    def start(self, identifier: str, now: float) -> None:
        if self.last_start is not None:
            gap = (now - self.last_start) * 1000
            self.smallest_gap_ms = gap if self.smallest_gap_ms is None else min(gap, self.smallest_gap_ms)
        self.last_start = now
        self.total += 1
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        if identifier:
            self.identifiers[identifier] += 1

    def show(self) -> dict[str, Any]:
        return {
            "total": self.total,
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "by_status": dict(self.by_status),
            "smallest_gap_ms": self.smallest_gap_ms,
        }


Ticket = tuple[Tally, Tally]


class Stats:
    """Every call is counted when it arrives, and by its status before its answer leaves."""

    def __init__(self, providers: tuple[str, ...]) -> None:
        self._lock = Lock()
        self._providers = providers
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self._whole = {provider: Tally() for provider in self._providers}
            self._parts: dict[str, dict[str, Tally]] = {provider: {} for provider in self._providers}

    def start(self, call: Call) -> Ticket:
        now = monotonic()
        with self._lock:
            whole = self._whole[call.provider]
            part = self._parts[call.provider].setdefault(call.operation, Tally())
            whole.start("", now)
            part.start(call.identifier, now)
        return whole, part

    def finish(self, ticket: Ticket, status: str) -> None:
        with self._lock:
            for tally in ticket:
                tally.in_flight -= 1
                tally.by_status[status] += 1

    def show(self) -> dict[str, Any]:
        with self._lock:
            return {
                provider: {
                    **self._whole[provider].show(),
                    "operations": {
                        name: {**part.show(), "identifiers": dict(part.identifiers)}
                        for name, part in self._parts[provider].items()
                    },
                }
                for provider in self._providers
            }

    def calls(self, provider: str, operation: str = "", identifier: str = "") -> int:
        with self._lock:
            if not operation:
                return self._whole[provider].total
            part = self._parts[provider].get(operation, Tally())
            return part.identifiers[identifier] if identifier else part.total
