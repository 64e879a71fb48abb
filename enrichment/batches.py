"""One deed to many leads: written down in the request, worked off by the queue in small steps behind all else."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Now
from django.utils import timezone

from enrichment import actions
from enrichment.actions import Done
from enrichment.latest import outcomes_keep
from enrichment.models import Batch, BatchItem, BatchState, Deed, ItemState, Lead, Run, RunState
from enrichment.models.batch import ITEM_OPEN
from enrichment.models.run import OPEN_STATES
from enrichment.runs import BULK
from enrichment.tasks import ring_batches

MOST_LEADS = 10_000
# as many are looked at in one step, and as many runs of a batch are open at once
STEP = 50
RING_AGAIN = timedelta(seconds=10)
CANCELLED = "cancelled by staff"


class TooMany(Exception):
    """More leads than a batch takes."""


@dataclass(frozen=True, slots=True)
class Progress:
    total: int
    waiting: int
    started: int
    done: int
    skipped: int
    failed: int
    cancelled: int

    @property
    def percent(self) -> int:
        ended = self.total - self.waiting - self.started
        return 100 * ended // self.total if self.total else 100


@transaction.atomic
def batch_start(*, deed: Deed, lead_ids: Iterable[UUID], by: AbstractBaseUser | None) -> Batch:
    wanted = list(dict.fromkeys(lead_ids))
    if len(wanted) > MOST_LEADS:
        raise TooMany
    batch = Batch.objects.create(deed=deed, total=len(wanted), by_id=by.pk if by else None)
    items = (BatchItem(batch=batch, lead_id=pk, state=ItemState.WAITING) for pk in wanted)
    BatchItem.objects.bulk_create(items, batch_size=2000)
    ring_batches([batch.pk], priority=BULK)
    return batch


@transaction.atomic
def batch_step(batch_id: UUID) -> None:
    """Note what ended, begin as much as there is room for; ring again while something can be done at once."""
    batch = Batch.objects.select_for_update(skip_locked=True).filter(pk=batch_id, state=BatchState.OPEN).first()
    if batch is None:
        return
    _settle(batch)
    begun = _begin(batch)
    if not batch.items.filter(state__in=ITEM_OPEN).exists():
        _end(batch, BatchState.DONE)
        return
    at_once = begun and not batch.items.filter(state=ItemState.STARTED).exists()
    Batch.objects.filter(pk=batch.pk).update(due_at=Now() + (RING_AGAIN if at_once else timedelta(seconds=1)))
    if at_once:
        ring_batches([batch.pk], priority=BULK)


@transaction.atomic
def batch_cancel(*, batch: Batch) -> bool:
    """Nothing more is begun, and runs that nobody has begun end unperformed. Whether it was still open."""
    locked = Batch.objects.select_for_update().filter(pk=batch.pk, state=BatchState.OPEN).first()
    if locked is None:
        return False
    _settle(locked)
    started = locked.items.filter(state=ItemState.STARTED)
    untried = Run.objects.filter(pk__in=started.values("run_id"), state=RunState.QUEUED, attempts=0)
    leads = list(untried.values_list("lead_id", flat=True))
    untried.update(state=RunState.SKIPPED, error=CANCELLED, finished_at=Now(), next_at=None)
    outcomes_keep(leads)
    # a run under way goes on to its end: half of it may be paid for
    _settle(locked)
    locked.items.filter(state__in=ITEM_OPEN).update(state=ItemState.CANCELLED, why=CANCELLED)
    _end(locked, BatchState.CANCELLED)
    return True


@transaction.atomic
def batches_ring_due() -> int:
    due = Batch.objects.select_for_update(skip_locked=True).filter(state=BatchState.OPEN, due_at__lte=Now())
    ids = list(due.values_list("pk", flat=True)[:20])
    Batch.objects.filter(pk__in=ids).update(due_at=Now() + RING_AGAIN)
    ring_batches(ids, priority=BULK)
    return len(ids)


def batch_progress(batch: Batch) -> Progress:
    counted = batch.items.values_list("state").annotate(number=Count("pk")).order_by()
    states = Counter(dict(counted))
    return Progress(total=batch.total, **{state.value: states[state.value] for state in ItemState})


def _end(batch: Batch, state: BatchState) -> None:
    Batch.objects.filter(pk=batch.pk).update(state=state, finished_at=timezone.now())


def _begin(batch: Batch) -> int:
    room = STEP - batch.items.filter(state=ItemState.STARTED).count()
    items = list(batch.items.filter(state=ItemState.WAITING).select_related("lead").order_by("id")[: max(0, room)])
    by_lead = {item.lead_id: item for item in items}
    for done in DEEDS[Deed(batch.deed)]([item.lead for item in items], batch.by) if items else []:
        _note(by_lead[done.lead.pk], done)
    BatchItem.objects.bulk_update(items, ["state", "why", "run_id"])
    return len(items)


def _note(item: BatchItem, done: Done) -> None:
    if done.skipped:
        item.state, item.why = ItemState.SKIPPED, done.skipped.value
    elif done.run:
        item.state, item.run_id = ItemState.STARTED, done.run.pk
    else:
        item.state = ItemState.DONE


def _settle(batch: Batch) -> None:
    """What began a run is as far as that run is; one that waits hours for its next attempt is told as such."""
    started = list(batch.items.filter(state=ItemState.STARTED))
    runs = Run.objects.in_bulk([item.run_id for item in started])
    for item in started:
        item.state, item.why = _ending(runs.get(item.run_id))
    BatchItem.objects.bulk_update(started, ["state", "why"])


def _ending(run: Run | None) -> tuple[ItemState, str]:
    if run is None:
        return ItemState.FAILED, ""
    if run.state in OPEN_STATES:
        waits = run.state == RunState.QUEUED and run.attempts > 0
        return (ItemState.FAILED, run.error) if waits and _far(run) else (ItemState.STARTED, "")
    ended = {RunState.FAILED: ItemState.FAILED, RunState.SKIPPED: ItemState.SKIPPED}
    if run.error == CANCELLED:
        return ItemState.CANCELLED, run.error
    state = ended.get(RunState(run.state), ItemState.DONE)
    return state, run.error if state != ItemState.DONE else ""


def _far(run: Run) -> bool:
    return run.next_at is not None and run.next_at - timezone.now() > timedelta(seconds=30)


Doing = Callable[[list[Lead], AbstractBaseUser | None], list[Done]]
DEEDS: dict[Deed, Doing] = {
    Deed.RERUN: lambda leads, by: actions.lead_rerun(leads=leads, priority=BULK),
    Deed.FORCE: lambda leads, by: actions.lead_rerun(leads=leads, force_providers=True, priority=BULK),
    Deed.RESEND: lambda leads, by: actions.lead_resend(leads=leads, priority=BULK),
    Deed.CREATE: lambda leads, by: actions.lead_create_again(leads=leads),
    Deed.REVIEWED: lambda leads, by: actions.lead_mark_reviewed(leads=leads, by=by),
    Deed.IGNORE: lambda leads, by: actions.lead_ignore(leads=leads, by=by),
}
