"""The life of a run. Its row is the record; every change is one conditional UPDATE on the database's clock."""

import os
import random
import socket
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Now

from c2s_enrich.ids import uuid7
from c2s_enrich.request_id import current_request_id
from enrichment.models import Lead, Run, RunState, Trigger

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=20)
# a run whose doorbell got lost is rung again after this long
RING_AGAIN = timedelta(seconds=90)
WORKER = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid7().hex[-8:]}"

FRESH, RETRY, BULK = 10, 0, -10  # priorities: whoever just came goes before whoever waits anyway


def runs_start(
    *, leads: Iterable[Lead], trigger: Trigger, force_providers: bool = False, priority: int = FRESH
) -> list[Run]:
    """New runs and their jobs, in the caller's transaction: none is lost, none runs for a rolled-back row."""
    from enrichment.tasks import ring

    runs = [
        Run(
            lead=lead,
            trigger=trigger,
            force_providers=force_providers,
            request_id=current_request_id(),
            next_at=Now() + RING_AGAIN,
        )
        for lead in leads
    ]
    with transaction.atomic():
        Run.objects.bulk_create(runs)
        ring([run.pk for run in runs], priority=priority)
    return runs


def run_claim(run_id: UUID) -> Run | None:
    """The run, now ours; None when somebody else has it, it is done, or its lead is being worked on."""
    owner = f"{WORKER}/{uuid7().hex[-12:]}"
    with transaction.atomic():
        run = Run.objects.select_related("lead").select_for_update(of=("self", "lead")).filter(pk=run_id).first()
        if run is None or run.state != RunState.QUEUED:
            return None
        if Run.objects.filter(lead=run.lead, state=RunState.RUNNING).exists():
            _postpone(run, timedelta(seconds=2))
            return None
        Run.objects.filter(pk=run_id).update(
            state=RunState.RUNNING,
            attempts=F("attempts") + 1,
            started_at=Now(),
            lease_until=Now() + LEASE,
            lease_owner=owner,
            next_at=None,
        )
    run.state, run.lease_owner, run.attempts = RunState.RUNNING, owner, run.attempts + 1
    return run


def run_finish(run: Run, *, state: RunState, error: str = "") -> bool:
    """End the run, if it is still ours."""
    kept = {
        "tier": run.tier,
        "confidence": run.confidence,
        "same_person": run.same_person,
        "message_sent": run.message_sent,
    }
    ended = _ours(run).update(state=state, error=error[:300], finished_at=Now(), lease_until=None, next_at=None, **kept)
    run.state = state
    log.info(
        "run finished", run=str(run.pk), lead=run.lead.lead_id, status=str(state), tier=run.tier or None,
        message_sent=run.message_sent, why=error or None,
    )  # fmt: skip
    return bool(ended)


def run_postpone(run: Run, *, after: timedelta, error: str, counts: bool = True) -> bool:
    """Give the run back for later; `counts` is False when the wait was not a failure."""
    log.info("run waits", run=str(run.pk), lead=run.lead.lead_id, seconds=round(after.total_seconds()), why=error)
    return bool(
        _ours(run).update(
            state=RunState.QUEUED,
            attempts=F("attempts") if counts else F("attempts") - 1,
            error=error[:300],
            lease_until=None,
            next_at=Now() + after,
        )
    )


def ladder_step(attempts: int) -> timedelta | None:
    """How long to wait after the n-th failed attempt; None when the ladder has ended."""
    if attempts > len(settings.RETRY_LADDER):
        return None
    seconds = settings.RETRY_LADDER[attempts - 1]
    return timedelta(seconds=seconds * random.uniform(0.9, 1.1))  # noqa: S311  not a secret


def is_last_attempt(run: Run) -> bool:
    return run.attempts > len(settings.RETRY_LADDER)


def leases_renew() -> int:
    return Run.objects.filter(state=RunState.RUNNING, lease_owner__startswith=WORKER).update(lease_until=Now() + LEASE)


def leases_give_back() -> int:
    """This worker is leaving: what it held goes back to the queue at once."""
    return Run.objects.filter(state=RunState.RUNNING, lease_owner__startswith=WORKER).update(
        state=RunState.QUEUED, lease_until=None, next_at=Now()
    )


def runs_take_over() -> int:
    """Runs whose worker died go back to the queue."""
    return Run.objects.filter(state=RunState.RUNNING, lease_until__lt=Now()).update(
        state=RunState.QUEUED, lease_until=None, next_at=Now()
    )


def runs_ring_due(limit: int = 200) -> int:
    """Ring for every waiting run that is due; safe to do twice, for a claimed run is not claimed again."""
    from enrichment.tasks import ring

    with transaction.atomic():
        due = list(
            Run.objects.filter(state=RunState.QUEUED, next_at__lte=Now())
            .select_for_update(skip_locked=True)
            .order_by("next_at")
            .values_list("pk", flat=True)[:limit]
        )
        Run.objects.filter(pk__in=due).update(next_at=Now() + RING_AGAIN)
        ring(due, priority=RETRY)
    return len(due)


def _ours(run: Run) -> models.QuerySet[Run]:
    return Run.objects.filter(pk=run.pk, state=RunState.RUNNING, lease_owner=run.lease_owner)


def _postpone(run: Run, after: timedelta) -> None:
    Run.objects.filter(pk=run.pk).update(next_at=Now() + after)
