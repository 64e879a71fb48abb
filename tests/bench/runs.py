"""6: whole runs against the providers' own time, by slots and by processes; and how a worker leaves."""

import signal
import subprocess
import time
from collections.abc import Iterator

from django.db import connection
from django.db.models import Min

from enrichment.models import Run, RunState
from enrichment.pipeline import run_perform
from tests.bench.frame import Figure, Goal, measured, told
from tests.bench.house import UPSTREAM, House
from tests.end_to_end.workers import crowd, in_flight

CRITICAL_PATH = sum(UPSTREAM.values())
SAMPLES = 9
# how many leads for so many slots
LOADS = {1: 4, 10: 40, 40: 960, 100: 500}
# of which one load makes do with few connections
CRAMPED, FEW, MANY = 40, 5, 20
_people = iter(range(0, 90_000, 1000))


def figures(house: House) -> Iterator[Figure]:
    goal = Goal("value", most=100)
    yield told(measured("a new lead: beyond the providers' critical path", _new_leads(house), "ms", goal))
    yield told(measured("a known lead: beyond the CRM's time", _known_leads(house), "ms", Goal("value", most=50)))
    for slots, leads in LOADS.items():
        yield from map(told, _throughput(house, slots, leads))
    yield told(_two_against_one(house))
    yield told(
        measured("Work API takes 8 at once: lost of 100 leads", [_slowed_down(house)], "leads", Goal("value", most=0))
    )
    leaves = Goal("value", most=8)
    yield told(measured("SIGTERM during a call of 30 s: until it left", [_stop(house)], "s", leaves))
    taken = Goal("value", most=60)
    yield told(measured("kill -9: until another worker had the run", [_take_over(house)], "s", taken))


def _new_leads(house: House) -> list[float]:
    return [ms - CRITICAL_PATH for ms in _run_times(house, "new", SAMPLES + 1)[1:]]


def _known_leads(house: House) -> list[float]:
    return [ms - UPSTREAM["c2s"] for ms in _run_times(house, "again", 1)[1:]]


def _run_times(house: House, name: str, people: int) -> list[float]:
    """The first one also opens the connections."""
    _slow_down(house)
    ids = crowd(house.sandbox, SAMPLES + 1, name=name, first=next(_people), people=people)
    times = []
    for run in Run.objects.filter(lead__lead_id__in=ids).order_by("id"):
        began = time.perf_counter()
        run_perform(run.pk)
        times.append((time.perf_counter() - began) * 1000)
    return times


def _throughput(house: House, slots: int, leads: int) -> Iterator[Figure]:
    """From the first claim to the last end; and of a long load its middle half, when the slots work in turn."""
    is_cramped = slots == CRAMPED
    name = f"throughput with {slots} slots" + f" and {FEW} connections" * is_cramped
    ends = _carried(house, f"slots{slots}-", leads, [slots], FEW if is_cramped else MANY)
    ideal, goal = slots / (CRITICAL_PATH / 1000), Goal("ratio", least=0.9)
    yield _rate(name, leads, ends[-1], ideal, goal if slots <= CRAMPED else None)
    if is_cramped:
        middle = ends[leads // 4 : 3 * leads // 4]
        yield _rate(f"{name}, in turn", len(middle) - 1, middle[-1] - middle[0], ideal, goal)


def _rate(name: str, leads: int, seconds: float, ideal: float, goal: Goal | None) -> Figure:
    rate = leads / seconds
    met = None if goal is None else goal.met_by(rate / ideal)
    return Figure(name, rate, "leads/s", None, ideal, rate / ideal, str(goal or ""), met)


def _two_against_one(house: House) -> Figure:
    leads, goal = 240, Goal("ratio", least=1.8)
    one = leads / _carried(house, "one-", leads, [20])[-1]
    two = leads / _carried(house, "two-", leads, [20, 20])[-1]
    name = "two processes of 20 slots against one"
    return Figure(name, two, "leads/s", None, one, two / one, str(goal), goal.met_by(two / one))


def _slowed_down(house: House) -> float:
    _carried(house, "slowed-", 100, [40], max_concurrency=8)
    lost = Run.objects.filter(lead__lead_id__startswith="slowed-").exclude(state=RunState.COMPLETED)
    return float(lost.count())


def _carried(
    house: House, name: str, leads: int, slots: list[int], connections: int = MANY, **faults: int
) -> list[float]:
    """Seconds from the first claim to each end, by the database's clock."""
    _slow_down(house)
    house.sandbox.faults.set("work_api", **faults)
    first = next(_people)
    _put_to_sleep()
    # all are awake before there is work, so that none takes it alone
    processes = [house.workers.start(slots=width, DB_POOL_SIZE=str(connections)) for width in slots]
    house.workers.wait(lambda: _awake() == len(slots))
    ids = crowd(house.sandbox, leads, name=name, first=first)
    house.workers.wait_until_all_ended(300)
    for process in processes:
        house.workers.kill(process)
    house.sandbox.configure({"reset": True})
    runs = Run.objects.filter(lead__lead_id__in=ids)
    began = runs.aggregate(at=Min("started_at"))["at"]
    return [(at - began).total_seconds() for at in runs.order_by("finished_at").values_list("finished_at", flat=True)]


def _awake() -> int:
    """Workers that listen to the queue; those killed before left their rows, which `_put_to_sleep` took away."""
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from procrastinate_workers")
        return int(cursor.fetchone()[0])


def _put_to_sleep() -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_workers")


def _stop(house: House) -> float:
    worker = _busy_worker(house, "stopped")
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    worker.wait(30)
    return time.monotonic() - began


def _take_over(house: House) -> float:
    worker = _busy_worker(house, "killed")
    before = Run.objects.get(lead__lead_id="killed-0")
    house.workers.start()
    began = time.monotonic()
    house.workers.kill(worker)
    taken = Run.objects.filter(pk=before.pk, state="running").exclude(lease_owner=before.lease_owner)
    house.workers.wait(taken.exists, 90)
    took = time.monotonic() - began
    house.sandbox.configure({"reset": True})
    house.workers.end()
    return took


def _busy_worker(house: House, name: str) -> subprocess.Popen[bytes]:
    house.sandbox.faults.set("work_api", latency_ms=30_000)
    before = in_flight(house.sandbox, "work_api")
    crowd(house.sandbox, 1, name=name, first=next(_people))
    worker = house.workers.start()
    house.workers.wait(lambda: in_flight(house.sandbox, "work_api") > before)
    return worker


def _slow_down(house: House) -> None:
    house.sandbox.configure({provider: {"latency_ms": ms} for provider, ms in UPSTREAM.items()})
