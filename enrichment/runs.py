"""The life of a run. Its row is the record; every change is one conditional UPDATE on the database's clock."""

import random
from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F
from django.db.models.functions import Now
from procrastinate.contrib.django.models import ProcrastinateJob

from c2s_enrich.patience import WITHOUT_THE_DISK
from c2s_enrich.request_id import current_request_id
from c2s_enrich.rows import columns_of, row_read, rows_insert
from enrichment.alerts.news import news_of_given_up
from enrichment.crm_leads import creation_hurry
from enrichment.latest import KEEP_OUTCOMES
from enrichment.leases import lease, lease_hold, lease_of, lease_owner
from enrichment.models import Lead, Run, RunState, Source, Trigger

log = structlog.get_logger(__name__)

FRESH, RETRY, BULK = 10, 0, -10  # priorities: whoever just came goes before whoever waits anyway
UNHURRIED = (Trigger.REFRESH, Trigger.IMPORT)

# One round trip and one transaction: that no other run of the lead is under way is only true once the lead is held,
# and it is held whatever the run's row said before: that may change while we wait.
# A run that was given back keeps its last owner until its time has come: a bell that was late does not hurry it.
_CLAIMABLE = "r.id = %(run)s and r.state = 'queued' and (r.lease_owner = '' or r.next_at <= clock_timestamp())"
_LEAD_IS_BUSY = "exists (select from runs o where o.lead_id = r.lead_id and o.state = 'running')"
# What is written before anything is paid for is waited for, and keeps the claim too.
_CLAIM = f"""
{WITHOUT_THE_DISK};
select from leads where id = (select lead_id from runs where id = %(run)s) for update;
update runs r set next_at = clock_timestamp() + interval '2 seconds' where {_CLAIMABLE} and {_LEAD_IS_BUSY};
update runs r set state = 'running', attempts = r.attempts + 1, started_at = clock_timestamp(),
  lease_until = clock_timestamp() + make_interval(secs => %(lease)s), lease_owner = %(owner)s, next_at = null
from runs before, leads l where before.id = r.id and l.id = r.lead_id and {_CLAIMABLE} and not {_LEAD_IS_BUSY}
returning before.started_at, {columns_of(Run, "r")}, {columns_of(Lead, "l")}
"""  # noqa: S608  its parts are constants
# In one trip; where the run is not ours any more, what its lead's last one came to is kept as it was.
_FINISH = f"""
update runs set state = %(state)s, error = %(error)s, finished_at = statement_timestamp(), lease_until = null,
  next_at = null, tier = %(tier)s, confidence = %(confidence)s, same_person = %(same_person)s,
  message_sent = %(message_sent)s
where id = %(run)s and state = 'running' and lease_owner = %(lease_owner)s;
{KEEP_OUTCOMES}
"""  # noqa: S608  its parts are constants


def runs_start(
    *,
    leads: Iterable[Lead],
    trigger: Trigger,
    force_providers: bool = False,
    priority: int = FRESH,
    repeats: Mapping[UUID, UUID] | None = None,
) -> list[Run]:
    """New runs and their jobs, in the caller's transaction: none is lost, none runs for a rolled-back row."""
    from enrichment.tasks import ring

    runs = [
        Run(
            lead=lead,
            trigger=trigger,
            force_providers=force_providers,
            repeats=(repeats or {}).get(lead.pk),
            request_id=current_request_id(),
        )
        for lead in leads
    ]
    with transaction.atomic(savepoint=False):
        rows_insert(runs, computed={"next_at": f"now() + interval '{_ring_again().seconds} seconds'"})
        ring([run.pk for run in runs], priority=priority)
    return runs


def run_claim(run_id: UUID) -> Run | None:
    """The run, now ours; None when somebody else has it, it must wait, it is done, or its lead is being worked on."""
    owner = lease_owner()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, lease_of(run_id, owner))
        while cursor.nextset():
            pass
        claimed = cursor.fetchone()
    if claimed is None:
        return None
    started_before, *values = claimed
    of_run = len(Run._meta.concrete_fields)
    run, run.lead = row_read(Run, values[:of_run]), row_read(Lead, values[of_run:])
    run.started_at = started_before
    # last: whoever could not read it does not work on it, and a lease that is held is renewed for ever
    lease_hold(owner)
    return run


@transaction.atomic(savepoint=False)
def run_finish(run: Run, *, state: RunState, error: str = "") -> bool:
    """End the run, if it is still ours."""
    if not _ended(run, state, error):
        log.info("run was taken over", run=str(run.pk), lead=run.lead.lead_id)
        return False
    run.state = state
    if state == RunState.FAILED and run.trigger != Trigger.REFRESH:
        news_of_given_up([run.lead_id])
    if run.lead.source == Source.GOOGLE_ADS and not run.lead.crm_id:
        creation_hurry(run.lead)
    log.info(
        "run finished", run=str(run.pk), lead=run.lead.lead_id, status=str(state), tier=run.tier or None,
        message_sent=run.message_sent, why=error or None,
    )  # fmt: skip
    return True


def _ended(run: Run, state: RunState, error: str) -> bool:
    told = {name: getattr(run, name) for name in ("tier", "confidence", "same_person", "message_sent", "lease_owner")}
    told |= {"run": run.pk, "leads": [run.lead_id], "state": state, "error": error[:300]}
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, told)
        return bool(cursor.rowcount)


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
    return timedelta(seconds=seconds * random.uniform(0.9, 1.1))  # noqa: S311  not a secret  # nosec B311


def is_last_attempt(run: Run) -> bool:
    return run.attempts > len(settings.RETRY_LADDER)


def runs_ring_due(limit: int = 200) -> int:
    """Ring for every waiting run that is due; safe to do twice, for a claimed run is not claimed again."""
    from enrichment.tasks import ring

    with transaction.atomic():
        due = dict(
            Run.objects.filter(state=RunState.QUEUED, next_at__lte=Now())
            .select_for_update(skip_locked=True)
            .order_by("next_at")
            .values_list("pk", "trigger")[:limit]
        )
        Run.objects.filter(pk__in=due).update(next_at=Now() + _ring_again(), lease_owner="")
        heard = _bells(due) if due else set()
        unheard = [pk for pk in due if pk not in heard]
        ring([pk for pk in unheard if due[pk] not in UNHURRIED], priority=RETRY)
        ring([pk for pk in unheard if due[pk] in UNHURRIED], priority=BULK)
    return len(due)


def _bells(run_ids: Iterable[UUID]) -> set[UUID]:
    """Runs whose bell still waits in a long queue: another one would only make it longer."""
    todo = ProcrastinateJob.objects.filter(status="todo", args__run_id__in=[str(pk) for pk in run_ids])
    return {UUID(args["run_id"]) for args in todo.values_list("args", flat=True)}


def _ring_again() -> timedelta:
    """How long a bell may go unheard: whoever took it may have died before it claimed the run."""
    return 2 * lease()


def _ours(run: Run) -> models.QuerySet[Run]:
    return Run.objects.filter(pk=run.pk, state=RunState.RUNNING, lease_owner=run.lease_owner)
