"""Our life under `make run`."""

import os
import signal
from pathlib import Path

from c2s_enrich.embedded.child import ask_for_death_signal


def stop_with_make() -> None:
    """A kill -9 of `make` alone must not leave us behind with the port and the data folder."""
    if "MAKELEVEL" in os.environ and _parent_is_make():
        ask_for_death_signal(signal.SIGTERM)


def _parent_is_make() -> bool:
    try:
        return Path(f"/proc/{os.getppid()}/comm").read_text().strip() in ("make", "gmake")
    except OSError:
        return False
