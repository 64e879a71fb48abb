"""Who is replaced goes on until those who replace it are there."""

import os
import time
from types import SimpleNamespace
from typing import Any

import pytest

from c2s_enrich import handover
from c2s_enrich.handover import Handover
from tests.c2s_enrich.embedded.processes import eventually


def process(age: int) -> Any:
    ended: list[tuple[Any, ...]] = []
    return SimpleNamespace(age=age, ended=ended, handle_exit=lambda *signal: ended.append(signal))


def in_a_process_of_its_own(age: int, between: Handover) -> None:
    if (pid := os.fork()) == 0:
        between.ready(age)
        os._exit(0)
    os.waitpid(pid, 0)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_an_old_process_leaves_once_all_new_ones_are_ready() -> None:
    between, old = Handover(), process(2)
    between.begin(first=3, number=2)
    for _ in range(3):
        between.leave(old, 15, None)
    in_a_process_of_its_own(3, between)
    time.sleep(0.15)
    assert old.ended == []
    # the second died at its start, and was started again
    in_a_process_of_its_own(5, between)
    assert eventually(lambda: old.ended == [(15, None)])


def test_without_successors_and_among_the_new_ones_it_leaves_at_once() -> None:
    between, old, new = Handover(), process(2), process(3)
    between.leave(old, 15, None)
    between.begin(first=3, number=2)
    between.leave(new, 15, None)
    assert (len(old.ended), len(new.ended)) == (1, 1)


def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "LONGEST", 0.1)
    between, old = Handover(), process(2)
    between.begin(first=3, number=2)
    between.leave(old, 15, None)
    assert old.ended == []
    assert eventually(lambda: len(old.ended) == 1)
