"""A figure, its yardstick measured in the same minute, and what is told of both."""

import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

TURNS = 7
Sample = Callable[[], Sequence[float]]
_BAR = f"{'figure':58} {'median':>10} {'p95':>10} {'yardstick':>10} {'ratio':>7}  {'target':22} met"


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: float
    unit: str
    p95: float | None = None
    yardstick: float | None = None
    ratio: float | None = None
    target: str = ""
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound of `ratio`, `value` or `p95`."""

    of: str
    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        bound = f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"
        return f"{self.of} {bound}"

    def met_by(self, figure: float) -> bool:
        return (self.least is None or figure >= self.least) and (self.most is None or figure <= self.most)


def measured(name: str, values: Sequence[float], unit: str, goal: Goal | None = None) -> Figure:
    return _judged(name, unit, statistics.median(values), p95(values), None, None, goal)


def compared(name: str, ours: Sample, yardstick: Sample, unit: str, goal: Goal | None = None) -> Figure:
    """In turns, so that whatever else the machine does falls on both; the median of the turns' ratios."""
    ours(), yardstick()
    turns = [(list(ours()), list(yardstick())) for _ in range(TURNS)]
    ratios = [statistics.median(mine) / statistics.median(theirs) for mine, theirs in turns]
    mine = [value for turn, _ in turns for value in turn]
    theirs = statistics.median(value for _, turn in turns for value in turn)
    return _judged(name, unit, statistics.median(mine), p95(mine), theirs, statistics.median(ratios), goal)


def p95(values: Sequence[float]) -> float | None:
    return statistics.quantiles(values, n=20)[-1] if len(values) >= 20 else None


def _judged(
    name: str,
    unit: str,
    value: float,
    tail: float | None,
    yardstick: float | None,
    ratio: float | None,
    goal: Goal | None,
) -> Figure:
    looked_at = {"value": value, "p95": tail if tail is not None else value, "ratio": ratio}
    met = None if goal is None else goal.met_by(float(looked_at[goal.of] or 0))
    return Figure(name, value, unit, tail, yardstick, ratio, str(goal or ""), met)


def told(figure: Figure) -> Figure:
    """Said as soon as it is known."""
    sys.stdout.write(_line(figure) + "\n")
    sys.stdout.flush()
    return figure


def table_begin() -> None:
    sys.stdout.write(_BAR + "\n")


def written(figures: Iterable[Figure], scale: float, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    told_of = {"scale": scale, "machine": machine(), "figures": [asdict(figure) for figure in figures]}
    path.write_text(json.dumps(told_of, ensure_ascii=False, indent=2) + "\n")


def machine() -> dict[str, object]:
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024
    return {
        "cpu": cpu.partition(":")[2].strip(),
        "cores": os.cpu_count(),
        "memory_mb": memory,
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_1_min": round(os.getloadavg()[0], 2),
    }


def _line(f: Figure) -> str:
    met = {True: "yes", False: "NO", None: ""}[f.met]
    cells = (_number(f.value), _number(f.p95), _number(f.yardstick), f"{f.ratio:.2f}" if f.ratio is not None else "")
    return "{:58} {:>10} {:>10} {:>10} {:>7}  {:22} {}".format(f"{f.name} [{f.unit}]"[:58], *cells, f.target, met)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
