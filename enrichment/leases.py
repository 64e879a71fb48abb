"""The lease of a run: renewed by the process that works on it, and taken over where nobody renews it."""

import math
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.db.models.lookups import GreaterThan

from c2s_enrich.ids import uuid7
from enrichment.alerts.news import news_of_given_up
from enrichment.latest import outcomes_keep
from enrichment.models import Direction, LeadMessage, MessageState, Run, RunState
from enrichment.providers.budgets import slots_expire

# a run that was begun so often and never ended kills its workers
DEATHS_AT_MOST = 20
WORKER = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid7().hex[-8:]}"

# The lease renewed, and no row when the run is not ours any more: in front of what must not be done twice.
HOLD = """
update runs set lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
where id = %(run)s and state = 'running' and lease_owner = %(owner)s returning id
"""

# leases of runs that a thread of ours is working on
_held: set[str] = set()
# when this process could last not renew in time, by the monotonic clock; others may not have been able to either
_hindered_at = -math.inf


class TakenOver(Exception):
    """The run is no longer ours: whoever has it now does the rest."""


class _DatabaseStarted(models.Func):
    function = "pg_postmaster_start_time"
    output_field = models.DateTimeField()


def lease() -> timedelta:
    return timedelta(seconds=settings.RUN_LEASE_SECONDS)


def lease_owner() -> str:
    """This claim of this process: a later one of the same process is another."""
    return f"{WORKER}/{uuid7().hex[-12:]}"


def lease_of(run_id: UUID, owner: str) -> dict[str, Any]:
    return {"run": run_id, "owner": owner, "lease": settings.RUN_LEASE_SECONDS}


def lease_hold(owner: str) -> None:
    """A thread of ours works on its run from now on."""
    _held.add(owner)


def lease_let_go(owner: str) -> None:
    """Nobody here works on its run any more: whatever the row says, it is not renewed."""
    _held.discard(owner)


def leases_renew() -> int:
    held = list(_held)
    with _timed():
        return Run.objects.filter(state=RunState.RUNNING, lease_owner__in=held).update(lease_until=Now() + lease())


def leases_give_back() -> int:
    """This worker is leaving: what it held goes back to the queue at once.

    Not a run whose message is on its way: looked up too early the CRM would not show it yet. Its lease runs out.
    """
    speaking = LeadMessage.objects.filter(direction=Direction.OUT, state=MessageState.SENDING).values("run")
    ours = Run.objects.filter(state=RunState.RUNNING, lease_owner__startswith=WORKER)
    slots_expire(ours.values_list("pk", flat=True))
    return ours.exclude(pk__in=speaking.filter(run__in=ours)).update(
        state=RunState.QUEUED, attempts=F("attempts") - 1, lease_until=None, next_at=Now()
    )


@transaction.atomic
def runs_take_over() -> int:
    """Runs whose worker died go back to the queue, unless they are what it dies of.

    While the database was away, or not to be reached in time, no lease could be renewed: then all get theirs again.
    """
    if time.monotonic() - _hindered_at < settings.RUN_LEASE_SECONDS:
        return 0
    had_their_time = GreaterThan(Now(), _DatabaseStarted() + lease())
    found = Run.objects.filter(had_their_time, state=RunState.RUNNING, lease_until__lt=Now())
    # locked, or another worker could begin one anew before the places of the dead one are freed
    abandoned = Run.objects.filter(pk__in=list(found.select_for_update(skip_locked=True).values_list("pk", flat=True)))
    slots_expire(abandoned.values_list("pk", flat=True))
    deadly = dict(abandoned.filter(attempts__gte=DEATHS_AT_MOST).values_list("pk", "lead_id"))
    ended = abandoned.filter(pk__in=deadly).update(
        state=RunState.FAILED, error="its worker died again and again", finished_at=Now(), lease_until=None
    )
    outcomes_keep(deadly.values())
    news_of_given_up(deadly.values())
    return ended + abandoned.exclude(pk__in=deadly).update(state=RunState.QUEUED, lease_until=None, next_at=Now())


@contextmanager
def _timed() -> Iterator[None]:
    """Note a renewal that failed or took long; while one is under way it may be about to."""
    global _hindered_at
    before, began, in_time = _hindered_at, time.monotonic(), False
    _hindered_at = math.inf
    try:
        yield
        in_time = time.monotonic() - began < settings.RUN_LEASE_SECONDS / 4
    finally:
        _hindered_at = before if in_time else time.monotonic()
