"""8: a backlog, worked off by one worker process while the providers answer at once."""

import os
from collections.abc import Iterator
from pathlib import Path

from django.db.models import Max, Min

from enrichment.models import Run
from tests.bench.frame import Figure, told
from tests.bench.house import House
from tests.end_to_end.workers import crowd

_AT_SCALE_1, _LEAST, _IN_ONE_GO = 10_000, 500, 1000
_FIRST = 100_000


def figures(house: House) -> Iterator[Figure]:
    leads = min(_AT_SCALE_1, max(_LEAST, round(_AT_SCALE_1 * house.scale)))
    house.sandbox.configure({"reset": True})
    for first in range(0, leads, _IN_ONE_GO):
        crowd(house.sandbox, min(_IN_ONE_GO, leads - first), name=f"drain-{first}", first=_FIRST + first)
    worker = house.workers.start(slots=20)
    house.workers.wait_until_all_ended(1800)
    spent = cpu_seconds([worker.pid])
    house.workers.kill(worker)
    span = Run.objects.filter(lead__lead_id__startswith="drain-").aggregate(a=Min("started_at"), b=Max("finished_at"))
    seconds = (span["b"] - span["a"]).total_seconds()
    yield told(Figure(f"backlog of {leads:,} leads", leads / seconds, "leads/s"))
    yield told(Figure("the same for each second of the worker's processor", leads / spent, "leads/s"))


def cpu_seconds(pids: list[int]) -> float:
    """What these processes have used of the processor so far."""
    ticks = os.sysconf("SC_CLK_TCK")
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split() for pid in pids]
    return sum((int(field[11]) + int(field[12])) / ticks for field in fields)
