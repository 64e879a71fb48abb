"""How much memory each part of the house takes, in shares (PSS), over time."""

import threading
import time
from collections import defaultdict
from pathlib import Path

from tests.soak.house import House

EVERY = 5.0


class Scales(threading.Thread):
    def __init__(self, house: House) -> None:
        super().__init__(daemon=True)
        self._house, self._stop_asked = house, threading.Event()
        self._began, self._lasted = time.monotonic(), 0.0
        self.weighed: dict[str, list[tuple[float, float]]] = defaultdict(list)

    def run(self) -> None:
        while not self._stop_asked.wait(EVERY):
            at = time.monotonic() - self._began
            for child in self._house.programs:
                if weight := sum(_pss(pid) for pid in _family(child.pid)):
                    self.weighed[child.name].append((at, weight))

    def stop(self) -> None:
        self._stop_asked.set()
        self.join()
        self._lasted = time.monotonic() - self._began

    def peaks(self, parts: int = 4) -> dict[str, list[float]]:
        """By program the highest weight in MB of each part of the time."""
        length = self._lasted / parts
        return {
            name: [max((mb for at, mb in seen if at // length == part), default=0.0) for part in range(parts)]
            for name, seen in sorted(self.weighed.items())
        }


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(child for c in children for child in _family(int(c)))]


def _pss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
