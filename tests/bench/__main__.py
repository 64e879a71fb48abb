"""All figures, each beside its yardstick: `python -m tests.bench --scale 0.01`, or `make bench`.

It brings its own PostgreSQL, Redis, providers and web servers on free ports, and takes them away again.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from c2s_enrich.embedded.services import start_services
from tests.bench import frame
from tests.services import VALUES

if TYPE_CHECKING:
    from tests.bench.house import House

GROUPS = (
    "parsing",
    "cache",
    "database",
    "web",
    "doors",
    "accept",
    "paid",
    "memory",
    "runs",
    "drain",
    "insights",
    "bulk",
    "desk",
)
SETTINGS = VALUES | {
    "DIRETRIX_CONCURRENCY": "0",
    "WORK_API_CONCURRENCY": "0",
    "C2S_CONCURRENCY": "0",
    "C2S_RATE": "0",
    "LOG_LEVEL": "ERROR",
    "RECONCILE_MINUTES": "0",
    "CACHE_TIMEOUT_MS": "2000",
    "DJANGO_SETTINGS_MODULE": "c2s_enrich.settings",
}
REPORT = Path("var/bench.json")


def main() -> None:
    asked = _asked()
    with in_house(asked.data_dir, asked.scale) as house:
        frame.table_begin()
        figures: list[frame.Figure] = []
        for group in asked.only or GROUPS:
            figures += import_module(f"tests.bench.{group}").figures(house)
            # what was measured is kept, whatever stops the rest
            frame.written(figures, asked.scale, REPORT)
    sys.stdout.write(f"\n{sum(f.met is False for f in figures)} targets missed; all figures are in {REPORT}\n")


@contextmanager
def in_house(data_dir: Path | None, scale: float) -> Iterator["House"]:
    """Django can only be imported once its settings are there."""
    with tempfile.TemporaryDirectory(prefix="c2s-bench-") as passing:
        folder = data_dir or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        with start_services(folder) as services:
            os.environ.update(SETTINGS | {"DATA_DIR": str(folder)})
            os.environ.update({"DB_URL": str(services.db_url), "REDIS_URL": str(services.redis_url)})
            from tests.bench.house import furnished

            with furnished(folder, scale) as house:
                yield house


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.01, help="1 is production's size; 0.01 by default")
    parser.add_argument("--data-dir", type=Path, help="keep the database here, and find it again the next time")
    parser.add_argument("--only", nargs="+", choices=GROUPS, help="these groups of figures instead of all")
    return parser.parse_args()


if __name__ == "__main__":
    main()
