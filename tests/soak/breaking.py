"""What goes wrong, one thing after the other: every process is killed, held or told to leave, and providers fail."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.soak.house import House, restart

PROVIDERS = ("diretrix", "work_api", "c2s")


class Breaking:
    """`database_away` holds when, by the monotonic clock, PostgreSQL was not there."""

    def __init__(self, house: House, *, seed: int) -> None:
        self._house, self._dice = house, random.Random(seed)
        self.done: Counter[str] = Counter()
        self.database_away: list[tuple[float, float]] = []
        self._deeds: list[Callable[[], None]] = [
            self.worker_killed,
            self.worker_told_to_leave,
            self.web_killed,
            self.web_process_killed,
            self.redis_killed,
            self.redis_silent,
            self.postgres_restarted,
            self.postgres_killed,
            self.provider_down,
            self.provider_strained,
        ]

    def go_on_until(self, deadline: float, *, every: float) -> None:
        """Each thing once before any comes again, in an order of chance."""
        while time.monotonic() < deadline:
            for deed in self._dice.sample(self._deeds, len(self._deeds)):
                self._until(min(deadline, time.monotonic() + every * self._dice.uniform(0.5, 1.5)))
                if time.monotonic() >= deadline:
                    return
                deed()
                self.done[deed.__name__] += 1

    def heal(self) -> None:
        for provider in PROVIDERS:
            self._house.sandbox.faults.set(provider, outage=None, error_rate=None, max_concurrency=None)

    def worker_killed(self) -> None:
        restart(self._dice.choice(self._house.workers), signal.SIGKILL, away=1.0)

    def worker_told_to_leave(self) -> None:
        restart(self._dice.choice(self._house.workers), signal.SIGTERM, away=0.0)

    def web_killed(self) -> None:
        self._house.web.kill()
        self._house.web.start()
        self._house.wait(self._house.is_ready)

    def web_process_killed(self) -> None:
        """Its master starts another."""
        children = Path(f"/proc/{self._house.web.pid}/task/{self._house.web.pid}/children").read_text().split()
        if children:
            with suppress(ProcessLookupError):
                os.kill(int(self._dice.choice(children)), signal.SIGKILL)

    def redis_killed(self) -> None:
        self._house.restart_redis(away=3.0)

    def redis_silent(self) -> None:
        with self._house.held(self._house.redis):
            time.sleep(3.0)

    def postgres_restarted(self) -> None:
        self._postgres_away(signal.SIGINT)

    def postgres_killed(self) -> None:
        self._postgres_away(signal.SIGKILL)

    def _postgres_away(self, number: signal.Signals) -> None:
        began = time.monotonic()
        self._house.restart_postgres(number=number)
        self._house.wait(self._house.is_ready)
        self.database_away.append((began, time.monotonic()))

    def provider_down(self) -> None:
        provider = self._dice.choice(PROVIDERS)
        self._house.sandbox.faults.set(provider, outage=self._dice.choice(["503", "refuse"]))
        time.sleep(4.0)
        self._house.sandbox.faults.set(provider, outage=None)

    def provider_strained(self) -> None:
        provider = self._dice.choice(PROVIDERS)
        self._house.sandbox.faults.set(provider, error_rate=0.2, max_concurrency=4)
        time.sleep(4.0)
        self._house.sandbox.faults.set(provider, error_rate=None, max_concurrency=None)

    @staticmethod
    def _until(moment: float) -> None:
        time.sleep(max(0.0, moment - time.monotonic()))
