"""`make soak`: mixed traffic while everything is killed, held and restarted; then the books are compared.

It brings its own servers and providers on loopback, and ends by itself.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.breaking import Breaking
from tests.soak.house import House, house
from tests.soak.memory import Scales
from tests.soak.traffic import Traffic
from tests.soak.verdict import Verdict, verdict

LATENCIES = {
    "diretrix": {"latency_ms": [100, 400]},
    "work_api": {"latency_ms": [300, 1200]},
    "c2s": {"latency_ms": [20, 80]},
}


def main() -> int:
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="c2s-soak-") as folder, house(Path(folder)) as built:
        found = soak(built, minutes=options.minutes, rate=options.rate, every=options.every, seed=options.seed)
        if found.faults:
            sys.stdout.write(built.told() + "\n")
    sys.stdout.write("\n".join(["", *found.lines, ""]))
    sys.stdout.writelines(f"FAULT  {fault}\n" for fault in found.faults)
    return 1 if found.faults else 0


def soak(house: House, *, minutes: float, rate: float, every: float, seed: int) -> Verdict:
    house.sandbox.configure(LATENCIES)
    traffic, breaking = Traffic(house, leads_per_second=rate, seed=seed), Breaking(house, seed=seed)
    scales = Scales(house)
    scales.start()
    traffic.start()
    breaking.go_on_until(time.monotonic() + minutes * 60, every=every)
    breaking.heal()
    traffic.stop()
    house.wait(house.is_ready)
    house.wait_until_all_ended()
    # whoever never got in is found by the sweep
    house.manage("reconcile")
    house.wait_until_all_ended()
    scales.stop()
    return verdict(house, traffic.told, breaking, scales)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0, help="how long things are broken")
    parser.add_argument("--rate", type=float, default=2.0, help="new leads a second")
    parser.add_argument("--every", type=float, default=5.0, help="seconds from one break to the next")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
