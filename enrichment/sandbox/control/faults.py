"""What goes wrong, and when: latency, errors, limits, outages and scripted bad answers."""

import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any

from enrichment.sandbox.control.modes import Mode, mode_of
from enrichment.sandbox.dice import Dice
from enrichment.sandbox.exchange import Refusal

SETTINGS = (
    "latency_ms",
    "error_rate",
    "error_status",
    "rate_limit",
    "max_concurrency",
    "outage",
    "status",
    "inner_status",
)
OUTAGES = {"refuse": Mode("refuse"), "503": Mode("status", status=503)}


@dataclass(slots=True)
class Rule:
    name: str
    latency_ms: float | list[float] | None = None  # a number, or [least, most]
    error_rate: float | None = None
    error_status: int | None = None
    rate_limit: Mapping[str, float] | None = None  # {"calls": n, "seconds": s}
    max_concurrency: int | None = None
    outage: str | None = None
    status: int | None = None
    inner_status: int | None = None
    script: deque[Mode] = field(default_factory=deque)
    taken: deque[float] = field(default_factory=deque)
    in_flight: int = 0
    asked: int = 0

    def show(self) -> dict[str, Any]:
        chosen = {name: getattr(self, name) for name in SETTINGS if getattr(self, name) is not None}
        return {**chosen, **({"next": [mode.show() for mode in self.script]} if self.script else {})}

    def clear(self) -> None:
        for name in SETTINGS:
            setattr(self, name, None)
        self.script.clear()
        self.taken.clear()
        self.asked = 0

    def fault(self, now: float) -> Mode | None:
        self.asked += 1
        if self.outage:
            return OUTAGES[self.outage]
        if self.max_concurrency is not None and self.in_flight > self.max_concurrency:
            return Mode("status", status=429, retry_after=1)
        return self._over_the_rate(now) or self._scripted()

    def seconds(self) -> float | None:
        if self.latency_ms is None:
            return None
        if isinstance(self.latency_ms, list):
            least, most = self.latency_ms
            return (least + (most - least) * Dice(self.name).fraction(f"latency {self.asked}")) / 1000
        return self.latency_ms / 1000

    def _scripted(self) -> Mode | None:
        if self.script:
            return self.script.popleft()
        if self.status is not None:
            return Mode("status", status=self.status)
        if self.inner_status is not None:
            return Mode("error_in_200", inner_status=self.inner_status)
        # Drawn from the count of calls, so that a test meets the same errors in every run.
        if self.error_rate and Dice(self.name).fraction(f"error {self.asked}") < self.error_rate:
            return Mode("status", status=self.error_status or 500)
        return None

    def _over_the_rate(self, now: float) -> Mode | None:
        if not self.rate_limit:
            return None
        window = self.rate_limit["seconds"]
        while self.taken and self.taken[0] <= now - window:
            self.taken.popleft()
        if len(self.taken) < self.rate_limit["calls"]:
            self.taken.append(now)
            return None
        wait = self.taken[0] + window - now if self.taken else window
        return Mode("status", status=429, retry_after=max(1, math.ceil(wait)))


@dataclass(slots=True)
class Plan:
    """What is to happen to one call; `rules` are those that count it as under way."""

    rules: tuple[Rule, ...]
    seconds: float
    mode: Mode


class Faults:
    def __init__(self, operations: Mapping[str, tuple[str, ...]]) -> None:
        self._lock = Lock()
        self._operations = operations
        self._rules = {
            (provider, operation): Rule(f"{provider}.{operation}")
            for provider, names in operations.items()
            for operation in ("", *names)
        }

    def set(self, provider: str, operation: str = "", **settings: Any) -> None:
        """None takes a setting away. See SETTINGS and the modes for what there is."""
        rule = self._rule(provider, operation)
        checked = {name: _checked(name, value) for name, value in settings.items()}
        with self._lock:
            for name, value in checked.items():
                setattr(rule, name, value)

    def next(self, provider: str, mode: str, *, operation: str = "", calls: int = 1, **details: Any) -> None:
        """The next calls are answered in this mode; several are played one after the other."""
        rule, wanted = self._rule(provider, operation), mode_of(mode, details)
        with self._lock:
            rule.script.extend([wanted] * calls)

    def reset(self) -> None:
        with self._lock:
            for rule in self._rules.values():
                rule.clear()

    def show(self) -> dict[str, Any]:
        with self._lock:
            return {provider: self._shown(provider) for provider in self._operations}

    def plan(self, provider: str, operation: str) -> Plan:
        """An operation's own rule goes before that of its provider."""
        rules = (self._rules[provider, operation], self._rules[provider, ""])
        with self._lock:
            for rule in rules:
                rule.in_flight += 1
            mode = _first_fault(rules)
            seconds = next((known for rule in rules if (known := rule.seconds()) is not None), 0.0)
        at_once = mode.name == "refuse" or (mode.status == 429 and mode.retry_after is not None)
        return Plan(rules, 0.0 if at_once else seconds, mode)

    def leave(self, plan: Plan) -> None:
        with self._lock:
            for rule in plan.rules:
                rule.in_flight -= 1
            plan.rules = ()

    def _rule(self, provider: str, operation: str) -> Rule:
        rule = self._rules.get((provider, operation))
        if rule is None:
            raise Refusal(400, f"No such provider or operation; there are {dict(self._operations)}.")
        return rule

    def _shown(self, provider: str) -> dict[str, Any]:
        own = {name: self._rules[provider, name].show() for name in self._operations[provider]}
        touched = {name: shown for name, shown in own.items() if shown}
        return {**self._rules[provider, ""].show(), **({"operations": touched} if touched else {})}


def _first_fault(rules: tuple[Rule, ...]) -> Mode:
    now = monotonic()
    faults: Iterator[Mode | None] = (rule.fault(now) for rule in rules)
    return next((fault for fault in faults if fault), Mode("ok"))


def _checked(name: str, value: Any) -> Any:
    if name not in SETTINGS:
        raise Refusal(400, f"There is no setting {name}; there are {', '.join(SETTINGS)}, next and operations.")
    fits = {
        "latency_ms": lambda: _is_latency(value),
        "rate_limit": lambda: _is_rate(value),
        "outage": lambda: value in OUTAGES,
        "error_rate": lambda: 0 <= value <= 1,
    }.get(name, lambda: isinstance(value, int) and value >= 0)
    try:
        if value is None or fits():
            return list(value) if isinstance(value, tuple) else value
    except TypeError:
        pass
    raise Refusal(400, f"{name} cannot be {value!r}.")


def _is_latency(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return len(value) == 2 and 0 <= value[0] <= value[1]
    return bool(value >= 0)


def _is_rate(value: Any) -> bool:
    if not isinstance(value, Mapping) or set(value) != {"calls", "seconds"}:
        return False
    return bool(value["calls"] >= 0 and value["seconds"] > 0)
