"""Real worker processes against the tests' database and sandbox, and crowds of leads for them."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from c2s_enrich.embedded.child import die_with_parent
from enrichment.intake import Arrival, leads_take_in
from enrichment.models import Run, RunState, Source, Trigger
from enrichment.models.run import OPEN_STATES
from enrichment.providers.c2s.schemas import LeadCard
from enrichment.sandbox import Sandbox
from tests.c2s_enrich.embedded.processes import ROOT, eventually
from tests.web_server import database_url

# short enough for whoever kills a worker to wait for
LEASE = 4
# where nobody is killed: on a busy machine a worker may not come to renew its leases for some seconds
UNHURRIED = {"RUN_LEASE_SECONDS": "60"}
WORKER = (sys.executable, "manage.py", "worker")


class Workers:
    """Started by a test, and ended with it whatever happens."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.env, self._log = env, folder / "workers.log"
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *, slots: int = 10, command: Sequence[str] = WORKER, **env: str) -> subprocess.Popen[bytes]:
        with open(self._log, "ab") as output:
            process = subprocess.Popen(
                [*command, "--concurrency", str(slots)],
                env=os.environ | self.env | env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """As the machine's power cord would."""
        process.kill()
        process.wait()
        with suppress(ValueError):
            self.processes.remove(process)

    def end(self) -> None:
        for process in list(self.processes):
            self.kill(process)

    def wait(self, condition: Callable[[], bool], within: float = 300.0) -> None:
        assert eventually(condition, within), self.told()

    def wait_until_all_ended(self, within: float = 300.0) -> None:
        self.wait(all_ended, within)

    def told(self) -> str:
        """What a failed test says."""
        waiting = Run.objects.filter(state__in=OPEN_STATES).values_list("state", "attempts", "error")[:20]
        log = self._log.read_text(errors="replace")[-4000:] if self._log.exists() else ""
        return f"{states()} {list(waiting)}\n{log}"


def environment(sandbox: Sandbox) -> dict[str, str]:
    return {
        "DB_URL": database_url(),
        "DATABASE_URL": "",
        "REDIS_URL": settings.REDIS_URL,
        "C2S_BASE_URL": sandbox.c2s_url,
        "DIRETRIX_BASE_URL": sandbox.diretrix_url,
        "WORK_API_BASE_URL": sandbox.work_api_url,
        "C2S_RATE": "0",
        "RECONCILE_MINUTES": "0",
        "RUN_LEASE_SECONDS": str(LEASE),
        "DB_POOL_SIZE": "10",
        "LOG_LEVEL": "WARNING",
    }


def phone_of(person: int) -> str:
    """Of somebody whom the sandbox knows, with an ordinary profile."""
    return f"1198{person:05}55"


def email_of(person: int) -> str:
    return f"cliente.{phone_of(person)}@example.com"


def crowd(sandbox: Sandbox, leads: int, *, people: int | None = None, name: str = "lead", first: int = 0) -> list[str]:
    """Leads that all come at once, of as many people or of fewer, beginning with the first of them."""
    ids = [f"{name}-{n}" for n in range(leads)]
    cards = []
    for n, lead_id in enumerate(ids):
        person = first + n % (people or leads)
        sandbox.add_lead(id=lead_id, name="", phone=phone_of(person), email=email_of(person))
        cards.append(LeadCard(lead_id, phone=phone_of(person), email=email_of(person)))
    leads_take_in(arrivals=[Arrival(card) for card in cards], source=Source.C2S, trigger=Trigger.WEBHOOK)
    return ids


def states() -> dict[str, int]:
    return dict(Counter(Run.objects.values_list("state", flat=True)))


def all_ended() -> bool:
    return not Run.objects.filter(state__in=OPEN_STATES).exists()


def ended() -> int:
    return Run.objects.exclude(state__in=OPEN_STATES).count()


def under_way_in(process: subprocess.Popen[bytes]) -> list[str]:
    """The leads that a worker is, or was when it died, working on."""
    held = Run.objects.filter(state=RunState.RUNNING, lease_owner__contains=f":{process.pid}:")
    return list(held.values_list("lead__lead_id", flat=True))


def messages_by_lead(sandbox: Sandbox) -> dict[str, int]:
    return dict(Counter(message["lead_id"] for message in sandbox.messages()))


def once_each(ids: list[str]) -> dict[str, int]:
    return dict.fromkeys(ids, 1)


def asked(sandbox: Sandbox) -> Counter[tuple[str, str]]:
    """How often each paid question was asked."""
    stats = sandbox.stats()
    return Counter(
        {
            (operation, identifier): count
            for provider in ("diretrix", "work_api")
            for operation, told in stats[provider]["operations"].items()
            for identifier, count in told["identifiers"].items()
        }
    )


def in_flight(sandbox: Sandbox, provider: str) -> int:
    count: int = sandbox.stats()[provider]["in_flight"]
    return count
