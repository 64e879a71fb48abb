"""pytest plugin of `make test`: which lines ran, noted by SlipCover in every process that pytest-xdist starts.

Where SlipCover has no wheel (ARM with Python 3.11) the suite runs unmeasured.
"""

import json
import os
import shutil
from pathlib import Path

import pytest

try:
    import slipcover
    from slipcover import pytest_plugin
except ImportError:
    slipcover = None

MEASURED = "c2s_enrich,parties,enrichment,webhooks"
_WIDTH = 60
# A probe that fired costs 20 ns. To take it out every module is looked through, again and again: 2.5 of 28 s.
_NEVER = -1


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """SlipCover's own plugin reads these, here and in the processes to come."""
    if slipcover is None:
        return
    os.environ.update({"SLIPCOVER_ENABLED": "1", "SLIPCOVER_SOURCE": MEASURED, "SLIPCOVER_OMIT": "*/migrations/*"})
    if measuring := pytest_plugin._slipcover_instance:
        measuring.d_miss_threshold = _NEVER


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """After SlipCover merged what the processes wrote, and before pytest's last line."""
    if folder := os.environ.get("SLIPCOVER_COVERAGE_DIR"):
        told = json.loads((Path(folder) / "merged.json").read_text())
        slipcover.print_coverage(told, outfile=terminalreporter, skip_covered=True, missing_width=_WIDTH)
        shutil.rmtree(folder)
