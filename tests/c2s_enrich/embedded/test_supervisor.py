import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from c2s_enrich.embedded.child import Child
from c2s_enrich.embedded.services import start_services
from c2s_enrich.embedded.supervisor import Supervisor, Watched, pause_before_restart
from tests.c2s_enrich.embedded.processes import LONGEST, is_alive

STUBBORN = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(600)"
PATIENT = "import time; print('up'); time.sleep(600)"
FAMILY = "import subprocess,sys,time; print(subprocess.Popen(['sleep','600']).pid); time.sleep(600)"


class House:
    """A supervisor and what it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[tuple[str, str]] = []
        self.supervisor = Supervisor(lambda name, line: self.said.append((name, line)))

    def start(self, name: str, program: str, stop_by: float = LONGEST) -> Child:
        env = {**os.environ, "PYTHONUNBUFFERED": "1"}
        child = Child(name, [sys.executable, "-c", program], env, self.folder, stop_by=stop_by)
        self.supervisor.start(child)
        assert self.supervisor.wait_for(lambda: any(who == name for who, _line in self.said), LONGEST)
        return child


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.supervisor.stop()


def test_a_killed_child_is_started_again_while_the_others_go_on(house: House) -> None:
    other, child = house.start("other", PATIENT), house.start("child", PATIENT)
    old, neighbour = child.pid, other.pid
    os.kill(old, signal.SIGKILL)
    assert house.supervisor.wait_for(lambda: child.pid != old and house.said[-1] == ("child", "up"), LONGEST)
    assert other.pid == neighbour
    assert not other.exited()
    assert ("child", "ended by SIGKILL, again in 1 s") in house.said


def test_what_a_dead_child_left_in_its_group_is_ended(house: House) -> None:
    child = house.start("family", FAMILY)
    grandchild = int(house.said[0][1])
    os.kill(child.pid, signal.SIGKILL)
    assert house.supervisor.wait_for(lambda: not is_alive(grandchild), LONGEST)


def test_the_servers_come_back_on_the_same_socket_with_their_data(tmp_path: Path, house: House) -> None:
    with start_services(tmp_path) as services:
        assert services.db_url
        with psycopg.connect(services.db_url) as connection:
            connection.execute("CREATE TABLE kept ()")
        for child in services.children:
            house.supervisor.adopt(child)
            os.kill(child.pid, signal.SIGKILL)
        url = services.db_url
        assert house.supervisor.wait_for(lambda: knows_table(url), LONGEST)


def knows_table(url: str) -> bool:
    try:
        with psycopg.connect(url) as connection:
            connection.execute("SELECT FROM kept")
    except psycopg.Error:
        return False
    return True


def test_the_last_words_without_a_line_end_are_printed(house: House) -> None:
    house.start("brief", "print('one'); print('two', end='')")
    assert house.supervisor.wait_for(lambda: ("brief", "two") in house.said, LONGEST)


def test_children_stop_in_the_reverse_order_of_their_start(house: House) -> None:
    goodbye = "import signal,sys,time; signal.signal(signal.SIGTERM, lambda *_: (print('bye'), sys.exit(0)));"
    for name in ("first", "second", "third"):
        house.start(name, goodbye + "print('up'); time.sleep(600)")
    house.said.clear()
    house.supervisor.stop()
    assert house.said == [("third", "bye"), ("second", "bye"), ("first", "bye")]


def test_a_child_that_does_not_listen_is_killed_at_its_time(house: House) -> None:
    child = house.start("stubborn", STUBBORN, stop_by=0.5)
    began = time.monotonic()
    house.supervisor.stop()
    assert child.exited()
    # of the ten minutes that it would have slept
    assert time.monotonic() - began < LONGEST


def test_pauses_grow_from_one_second_to_thirty() -> None:
    assert [pause_before_restart(deaths) for deaths in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_minute_of_health_is_forgiven(tmp_path: Path) -> None:
    watched = Watched(Child("child", ["true"], {}, tmp_path))
    assert [watched.note_death(now=10), watched.note_death(now=20), watched.note_death(now=100)] == [1, 2, 1]


def test_a_program_that_is_gone_is_tried_again_later(house: House) -> None:
    child = house.start("child", PATIENT)
    child.command = ["/nonexistent/program"]
    os.kill(child.pid, signal.SIGKILL)
    wanted = ("child", "cannot start (No such file or directory), again in 2 s")
    assert house.supervisor.wait_for(lambda: wanted in house.said, LONGEST)
