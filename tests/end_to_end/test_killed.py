"""Workers killed wherever it hurts: every lead is told once, and nothing is paid twice but what was under way."""

import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from enrichment.conservation import days, events_without_a_lead
from enrichment.models import RunState
from enrichment.pipeline import STEPS
from enrichment.sandbox import Sandbox
from tests.end_to_end.workers import Workers, asked, crowd, messages_by_lead, once_each, states, under_way_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.chaos]

Questions = Counter[tuple[str, str]]


def test_kills_at_every_step_and_at_random_lose_nothing_and_repeat_only_what_was_under_way(
    sandbox: Sandbox, workers: Workers
) -> None:
    sandbox.configure(
        {"diretrix": {"latency_ms": [50, 200]}, "work_api": {"latency_ms": [100, 400]}, "c2s": {"latency_ms": 30}}
    )
    ids = crowd(sandbox, 200)
    at_risk: Questions = Counter()
    for step in STEPS:
        hook = {"FAULT_HOOK": "tests.end_to_end.dying.at_step", "DIES_AFTER": step.__name__, "DIES_AT": "4"}
        at_risk += killed(sandbox, workers, workers.start(slots=10, **hook))
    for _ in range(5):
        worker = workers.start(slots=10)
        workers.wait(lambda: bool(under_way_in(worker)))  # noqa: B023
        time.sleep(random.uniform(0.0, 1.5))
        worker.send_signal(signal.SIGSTOP)
        at_risk += killed(sandbox, workers, worker)
    for _ in range(2):
        workers.start(slots=10)
    workers.wait_until_all_ended()
    assert messages_by_lead(sandbox) == once_each(ids)
    assert states() == {RunState.COMPLETED: 200}
    repeated = asked(sandbox) - Counter(set(asked(sandbox)))
    print(f"{len(STEPS) + 5} kills: {repeated.total()} of {asked(sandbox).total()} questions asked again")  # noqa: T201
    assert repeated <= at_risk
    assert [day.difference for day in days(settings.TIME_ZONE)] == [0]
    assert events_without_a_lead() == 0


def killed(sandbox: Sandbox, workers: Workers, worker: subprocess.Popen[bytes]) -> Questions:
    """The questions that it may have been asking when it died."""
    workers.wait(lambda: stands_still(worker.pid))
    leads = [sandbox.lead(lead_id) for lead_id in under_way_in(worker)]
    workers.kill(worker)
    customers = [lead["attributes"]["customer"] for lead in leads if lead]
    questions: Questions = Counter(("phone", customer["phone"]) for customer in customers)
    questions += Counter(("email", customer["email"]) for customer in customers)
    people = [person for c in customers for person in sandbox.people_of(phone=c["phone"])]
    return questions + Counter(("cpf", person.cpf) for person in people)


def stands_still(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
