"""What a soak found: lead by lead what was sent in against what the CRM received, and what was answered meanwhile."""

from collections import Counter
from dataclasses import dataclass, field

from tests.soak.breaking import Breaking
from tests.soak.house import SLOTS, House
from tests.soak.memory import Scales
from tests.soak.traffic import Told

# while PostgreSQL comes back, and for so many seconds more, a process may not have found it yet
LINGERS = 10.0
# memory of the last quarter against that of the second: first everything fills up
GROWTH_AT_MOST, SLACK_MB = 1.3, 20.0


@dataclass(slots=True)
class Verdict:
    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def say(self, what: str, value: object) -> None:
        self.lines.append(f"{what:<38} {value}")

    def blame(self, what: str, found: object) -> None:
        if found:
            self.faults.append(f"{what}: {found}")


def verdict(house: House, told: Told, breaking: Breaking, scales: Scales) -> Verdict:
    found = Verdict()
    _leads(found, house, told)
    _answers(found, told, breaking)
    _money(found, house, breaking)
    _memory(found, scales)
    found.say("broken", dict(breaking.done))
    return found


def _leads(found: Verdict, house: House, told: Told) -> None:
    said = Counter(message["lead_id"] for message in house.sandbox.messages())
    lost = [lead_id for lead_id in told.sent if not said[lead_id]]
    found.say("leads: in the CRM", len(told.sent))
    found.say("leads: accepted with 200", len(told.accepted))
    found.say("messages in the CRM", said.total())
    found.blame("accepted and not told", [lead_id for lead_id in lost if lead_id in told.accepted])
    found.blame("never accepted, and not found by the sweep", [i for i in lost if i not in told.accepted])
    found.blame("told more than once", [lead_id for lead_id, times in said.items() if times > 1])
    balance = house.manage("conservation").strip().splitlines()[-1]
    found.say("conservation", balance)


def _answers(found: Verdict, told: Told, breaking: Breaking) -> None:
    for (what, status), times in sorted(told.statuses.items()):
        found.say(f"answers: {what} {status or 'none (web killed)'}", times)
    found.blame("errors", [(what, status) for *_, what, status in told.refusals if status != 503])
    refused = [(began, ended, what) for began, ended, what, status in told.refusals if status == 503]
    outside = [what for began, ended, what in refused if not _was_away(began, ended, breaking)]
    found.blame("503 though PostgreSQL was there", Counter(outside))


def _was_away(began: float, ended: float, breaking: Breaking) -> bool:
    """At any moment between a question and its answer."""
    return any(began <= back + LINGERS and gone <= ended for gone, back in breaking.database_away)


def _money(found: Verdict, house: House, breaking: Breaking) -> None:
    stats = house.sandbox.stats()
    parts = [part for name in ("diretrix", "work_api") for part in stats[name]["operations"].values()]
    answered = sum(part["by_status"].get("200", 0) for part in parts)
    questions = sum(len(part["identifiers"]) for part in parts)
    kills = sum(breaking.done[name] for name in ("worker_killed", "worker_told_to_leave"))
    found.say("paid answers, and different questions", f"{answered}, {questions}")
    found.say("asked again (kills of a worker)", f"{answered - questions} ({kills})")
    if answered - questions > kills * SLOTS:
        found.blame("paid again beyond what was under way at a kill", answered - questions)


def _memory(found: Verdict, scales: Scales) -> None:
    for name, peaks in scales.peaks().items():
        found.say(f"memory of {name}, MB, by quarter", [round(mb) for mb in peaks])
        if peaks[-1] > peaks[1] * GROWTH_AT_MOST + SLACK_MB:
            found.blame(f"{name} grows", [round(mb) for mb in peaks])
