"""Callers that wait for the worker: at most half of this process's threads, and none of its connections."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from enrichment.models import Lead, Run
from enrichment.models.run import OPEN_STATES
from enrichment.providers.errors import Withheld
from enrichment.providers.exchange import give_back_connection

T = TypeVar("T")


class NoPlace(Withheld):
    """As many callers wait as may."""

    def __init__(self) -> None:
        super().__init__("this service", "as many callers wait as may", retry_after=2.0)


_FIRST_LOOK, _LATER_LOOKS = 0.03, 0.25


class Places:
    """How many of this process's threads wait. The rest stay free for webhooks and look-ups."""

    def __init__(self) -> None:
        self._lock, self._taken = threading.Lock(), 0

    @contextmanager
    def one(self) -> Iterator[bool]:
        """Whether there was a free one."""
        got = self._take()
        try:
            yield got
        finally:
            if got:
                self._give_back()

    def _take(self) -> bool:
        with self._lock:
            free = self._taken < settings.WEB_THREADS // 2
            self._taken += free
            return free

    def _give_back(self) -> None:
        with self._lock:
            self._taken -= 1


places = Places()


@contextmanager
def place_to_ask() -> Iterator[None]:
    """For a request that asks a provider itself, and so waits in its own thread."""
    with places.one() as got:
        if not got:
            raise NoPlace
        yield


def run_wait(run_id: UUID) -> Run:
    """The run when it has ended; as it stands when time is up, it waits for later, or no place is free."""
    seconds: float = settings.PROCESS_WAIT_SECONDS
    give_up_at = time.monotonic() + seconds
    ended = look_until(lambda: _ended(run_id, give_up_at), seconds=seconds)
    return ended or _read(run_id)


def crm_id_wait(lead: Lead, *, seconds: float) -> str:
    """The CRM's id of a lead that is being created there; empty when that takes longer."""
    leads = Lead.objects.filter(pk=lead.pk).exclude(crm_id="")
    return look_until(lambda: leads.values_list("crm_id", flat=True).first(), seconds=seconds) or ""


def look_until(look: Callable[[], T | None], *, seconds: float) -> T | None:
    """Look again and again; at once where no place is free."""
    with places.one() as may_wait:
        give_up_at, pause = time.monotonic() + (seconds if may_wait else 0), _FIRST_LOOK
        while (found := look()) is None and time.monotonic() + pause < give_up_at:
            give_back_connection()
            time.sleep(pause)
            pause = min(pause * 1.5, _LATER_LOOKS)
        return found


def _read(run_id: UUID) -> Run:
    return Run.objects.select_related("lead").get(pk=run_id)


def _ended(run_id: UUID, give_up_at: float) -> Run | None:
    run = _read(run_id)
    return run if run.state not in OPEN_STATES or _sleeps_beyond(run, give_up_at) else None


def _sleeps_beyond(run: Run, give_up_at: float) -> bool:
    """It was tried and waits for longer than the caller does."""
    if not run.attempts or run.next_at is None:
        return False
    return (run.next_at - timezone.now()).total_seconds() > give_up_at - time.monotonic()
