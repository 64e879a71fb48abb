"""9: memory of web and worker, shared pages counted once: idle, under load, and after very many requests."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from tests.bench import asking
from tests.bench.frame import Figure, Goal, told
from tests.bench.house import House, database
from tests.bench.people import known_phones

_AT_SCALE_1, _LEAST, _TURNS = 100_000, 4_000, 4
_PATH = "/api/v1/contributor/customer?tiers=local&phone="


def figures(house: House) -> Iterator[Figure]:
    house.sandbox.configure({"reset": True})
    requests = [asking.get(_PATH + quote(phone.value), house.key) for phone in known_phones(database(None), 500)]
    worker = house.workers.start(slots=20)
    with house.web() as web:
        asking.ask(web.port, requests, times=16)
        pids = [*web.pids, worker.pid]
        yield told(_said("two web workers and one job worker, idle", _pss(pids), 260))
        yield from _under_load(house, web.port, requests, pids)
    house.workers.kill(worker)
    worker = house.workers.start(slots=10)
    with house.web(processes=1, preload=True) as web:
        asking.ask(web.port, requests, times=16)
        yield told(_said("one web worker, preloaded, and one job worker, idle", _pss([*web.pids, worker.pid]), 150))
    house.workers.kill(worker)


def _under_load(house: House, port: int, requests: Sequence[bytes], pids: Sequence[int]) -> Iterator[Figure]:
    times = max(_LEAST, round(_AT_SCALE_1 * min(1, house.scale))) // _TURNS
    after = []
    for _ in range(_TURNS):
        asking.ask(port, requests, times=times)
        after.append(_pss(pids))
    yield told(_said(f"the same after {times * _TURNS:,} look-ups, at most", max(after), 400))
    growth, goal = after[-1] / after[0], Goal("ratio", most=1.05)
    name = "the same at the end, against after a quarter of them"
    yield told(Figure(name, after[-1], "MB", None, after[0], growth, str(goal), goal.met_by(growth)))


def _said(name: str, megabytes: float, most: float) -> Figure:
    goal = Goal("value", most=most)
    return Figure(f"memory: {name}", megabytes, "MB", target=str(goal), met=goal.met_by(megabytes))


def _pss(pids: Sequence[int]) -> float:
    return sum(_pss_of(pid) for pid in pids)


def _pss_of(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
