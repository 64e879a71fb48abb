"""What staff do to jobs: hurry one, or take it back. One that runs is left alone.

A job is only a doorbell: what is hurried or taken back is the run or the batch it rings for, else the next sweep
would ring again.
"""

from uuid import UUID

from django.db import models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from enrichment import actions
from enrichment.batches import CANCELLED, batch_cancel
from enrichment.latest import outcomes_keep
from enrichment.models import Batch, BatchState, LeadMessage, MessageState, Run, RunState
from enrichment.runs import FRESH
from enrichment.tasks import ring, ring_batches


class Outcome(models.TextChoices):
    DONE = "done", _("done")
    UNDER_WAY = "under_way", _("it is under way, and what runs is left alone")
    ENDED = "ended", _("what it was about has ended")
    GONE = "gone", _("what it was about is gone")
    REFUSED = "refused", _("the lead cannot be run again")


@transaction.atomic
def job_retry(*, job: ProcrastinateJob) -> Outcome:
    """Go on at once with what the job is about; a run that failed or was taken back is begun anew."""
    if run := _run(job):
        return _run_retry(run)
    batch = _batch(job)
    if batch is None or batch.state != BatchState.OPEN:
        return Outcome.ENDED if batch else Outcome.GONE
    ring_batches([batch.pk], priority=FRESH)
    return Outcome.DONE


@transaction.atomic
def job_cancel(*, job: ProcrastinateJob) -> Outcome:
    """Nothing more is done about it, unless a worker has it in hand already."""
    run, batch = _run(job), _batch(job)
    if run:
        ended = _run_take_back(run)
    elif batch:
        ended = Outcome.DONE if batch_cancel(batch=batch) else Outcome.ENDED
    else:
        ended = Outcome.GONE
    if ended != Outcome.UNDER_WAY:
        # only a job that waits: one that runs has nothing left to begin
        app.job_manager.cancel_job_by_id(job.pk)
    return ended


def _run(job: ProcrastinateJob) -> Run | None:
    return Run.objects.select_for_update().filter(pk=UUID(job.args["run_id"])).first() if "run_id" in job.args else None


def _batch(job: ProcrastinateJob) -> Batch | None:
    return Batch.objects.filter(pk=UUID(job.args["batch_id"])).first() if "batch_id" in job.args else None


def _run_retry(run: Run) -> Outcome:
    match run.state:
        case RunState.RUNNING:
            return Outcome.UNDER_WAY
        case RunState.QUEUED:
            Run.objects.filter(pk=run.pk).update(next_at=Now(), lease_owner="")
            ring([run.pk], priority=FRESH)
            return Outcome.DONE
        case RunState.FAILED | RunState.SKIPPED if run.state == RunState.FAILED or run.error == CANCELLED:
            return Outcome.REFUSED if actions.lead_rerun(leads=[run.lead])[0].skipped else Outcome.DONE
    return Outcome.ENDED


def _run_take_back(run: Run) -> Outcome:
    """Not one whose message may be on its way: whether the CRM got it would never be looked up."""
    speaking = LeadMessage.objects.filter(run=run, state=MessageState.SENDING).exists()
    if run.state == RunState.RUNNING or (run.state == RunState.QUEUED and speaking):
        return Outcome.UNDER_WAY
    if run.state != RunState.QUEUED:
        return Outcome.ENDED
    Run.objects.filter(pk=run.pk).update(state=RunState.SKIPPED, error=CANCELLED, finished_at=Now(), next_at=None)
    outcomes_keep([run.lead_id])
    return Outcome.DONE
