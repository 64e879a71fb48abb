"""Web and workers are replaced under traffic, as a new release does it: nobody is refused, and nothing is lost."""

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.soak.house import House, house
from tests.soak.traffic import Traffic

pytestmark = pytest.mark.chaos
LATENCIES = {
    "diretrix": {"latency_ms": [50, 200]},
    "work_api": {"latency_ms": [100, 400]},
    "c2s": {"latency_ms": [20, 80]},
}


def web_processes(house: House) -> list[int]:
    children = Path(f"/proc/{house.web.pid}/task/{house.web.pid}/children").read_text().split()
    return [int(pid) for pid in children]


def serves(pid: int) -> bool:
    """It begins to watch, in a thread, when it is about to take requests."""
    try:
        return len(os.listdir(f"/proc/{pid}/task")) > 1
    except OSError:
        return False


def all_replaced(house: House, before: list[int]) -> bool:
    now = web_processes(house)
    return len(now) == 2 and not set(now) & set(before)


def all_serve_without(house: House, pid: int) -> bool:
    now = web_processes(house)
    return len(now) == 2 and pid not in now and all(map(serves, now))


def web_told_to_begin_anew(house: House) -> None:
    """The old ones serve until the new ones do: whoever asks meanwhile does not wait for an import."""
    before = web_processes(house)
    os.kill(house.web.pid, signal.SIGHUP)
    fewest = len(before)

    def replaced() -> bool:
        nonlocal fewest
        fewest = min(fewest, sum(map(serves, web_processes(house))))
        return all_replaced(house, before)

    house.wait(replaced)
    assert fewest == len(before)


def web_processes_one_by_one(house: House) -> None:
    for pid in web_processes(house):
        os.kill(pid, signal.SIGTERM)
        house.wait(lambda: all_serve_without(house, pid))  # noqa: B023


def workers_one_by_one(house: House) -> None:
    for worker in house.workers:
        os.kill(worker.pid, signal.SIGTERM)
        house.wait(worker.exited)
        worker.start()
        house.wait(lambda: house.is_ready())


@pytest.mark.parametrize("seconds", [12, 60])
def test_everything_is_replaced_again_and_again_and_nobody_notices(tmp_path: Path, seconds: int) -> None:
    with house(tmp_path, PROCESS_WAIT_SECONDS="20") as built:
        built.sandbox.configure(LATENCIES)
        # it is ready when one of them serves; one that still imports has nothing to hand over, and leaves at once
        built.wait(lambda: all(map(serves, web_processes(built))))
        traffic, done = Traffic(built, leads_per_second=4, seed=1), Counter[str]()
        traffic.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for deed in (web_told_to_begin_anew, workers_one_by_one, web_processes_one_by_one):
                deed(built)
                done[deed.__name__] += 1
        traffic.stop()
        built.wait_until_all_ended()
        told = traffic.told
        said = Counter(message["lead_id"] for message in built.sandbox.messages())
        again = asked_again(built)
        longest = {what: round(max(seconds), 1) for what, seconds in told.seconds.items()}
        print(  # noqa: T201
            f"replaced {dict(done)}; requests {dict(told.statuses)}; longest, in seconds, {longest}; "
            f"leads in {len(told.sent)}, messages out {said.total()}; paid questions asked again {again}"
        )
        # nobody may be known yet behind a number
        assert {answer for answer in told.statuses if answer[1] != 200} <= {("look-up", 404)}, built.told()[-3000:]
        assert said == dict.fromkeys(told.sent, 1)
        assert again == 0


def asked_again(house: House) -> int:
    stats = house.sandbox.stats()
    parts = [part for name in ("diretrix", "work_api") for part in stats[name]["operations"].values()]
    return sum(count - 1 for part in parts for count in part["identifiers"].values())
