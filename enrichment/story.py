"""One lead's story as the tables tell it: what was done, how long it took, what it cost. Nobody's data."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.db.models.functions import Length

from enrichment.models import BatchItem, Billed, CrmCreation, Direction, Lead, LeadMessage, ProviderCall, Run, RunStep
from enrichment.pipeline import REPEATING, STEPS

# where a run begins anew, however often it had to wait
_FIRST = (STEPS[0].__name__, REPEATING[0].__name__)


@dataclass(frozen=True, slots=True)
class Moment:
    """`about` is a run's short name, where it belongs to one."""

    at: datetime
    kind: str
    says: str
    about: str = ""


def lead_named(name: str) -> Lead | None:
    """By our id, the id it came with, the CRM's, or one of its runs."""
    known = Q(lead_id=name) | (Q(crm_id=name) & ~Q(crm_id=""))
    if is_uuid(name):
        known |= Q(pk=name) | Q(pk__in=Run.objects.filter(pk=name).values("lead"))
    return Lead.objects.filter(known).order_by("id").first()


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def story_told(lead: Lead) -> Iterator[Moment]:
    """In no order: what is told elsewhere comes in between."""
    yield Moment(lead.received_at, "lead", f"received by {lead.get_source_display()} as {lead.lead_id}")
    runs = list(Run.objects.filter(lead=lead).order_by("id"))
    for run in runs:
        yield from _run(run)
    yield from _steps(runs)
    yield from _calls(runs)
    yield from _messages(lead)
    yield from _creation(lead)
    yield from _staff(lead)


def _short(run_id: UUID | None) -> str:
    return f"…{run_id.hex[-6:]}" if run_id else ""


def _run(run: Run) -> Iterator[Moment]:
    by = run.get_trigger_display()
    yield Moment(run.created_at, "run", f"{run.pk} queued by {by}, request {run.request_id or 'none'}", _short(run.pk))
    why = f": {run.error}" if run.error else ""
    if run.finished_at:
        took = (run.finished_at - run.created_at).total_seconds()
        tier = f" by {run.tier}" if run.tier else ""
        says = f"{run.state}{tier} after {took:.1f} s, attempt {run.attempts}{why}"
        yield Moment(run.finished_at, "run", says, _short(run.pk))
    elif run.next_at and run.error:
        yield Moment(run.next_at, "run", f"is due again{why}", _short(run.pk))


def _steps(runs: list[Run]) -> Iterator[Moment]:
    """Steps are written when a walk through them ends: when each began follows from how long they took."""
    since = timedelta(0)
    for step in RunStep.objects.filter(run__in=runs).order_by("run", "-id"):
        since += timedelta(milliseconds=step.ms)
        tier = f", {step.tier}" if step.tier else ""
        says = f"{step.name}: {step.outcome}{tier}, {step.ms} ms"
        yield Moment(step.created_at - since, "step", says, _short(step.run_id))
        if step.name in _FIRST:
            since = timedelta(0)


def _calls(runs: list[Run]) -> Iterator[Moment]:
    for call in ProviderCall.objects.filter(run_id__in=[run.pk for run in runs]):
        status = f" {call.status}" if call.status else ""
        price = f"{call.get_billed_display().lower()} {call.price.normalize():f}"
        cost = "free" if call.billed == Billed.NO else price
        says = f"{call.provider} {call.operation}: {call.outcome}{status}, {call.ms} ms, {cost}"
        yield Moment(call.created_at - timedelta(milliseconds=call.ms), "call", says, _short(call.run_id))


def _messages(lead: Lead) -> Iterator[Moment]:
    for said in LeadMessage.objects.filter(lead=lead).defer("body").annotate(length=Length("body")):
        if said.direction == Direction.OUT:
            says = f"to the broker, {said.state}: {said.length} characters, {said.fingerprint[:16]}"
        else:
            says = f"from the customer: {said.length} characters"
        yield Moment(said.sent_at, "message", says, _short(said.run_id))


def _creation(lead: Lead) -> Iterator[Moment]:
    for asked in CrmCreation.objects.filter(lead=lead):
        why = f": {asked.error}" if asked.error else ""
        yield Moment(asked.created_at, "crm", f"to be created, {asked.state}, attempts {asked.attempts}{why}")


def _staff(lead: Lead) -> Iterator[Moment]:
    """Whom they chose is told by the admin, to those who may read it."""
    for ruling in lead.decisions.select_related("by"):
        by = ruling.by.get_username() if ruling.by else "somebody"
        yield Moment(ruling.at, "staff", f"{by}: {ruling.ruling}", _short(ruling.run_id))
    for item in BatchItem.objects.filter(lead=lead).select_related("batch__by"):
        by = item.batch.by.get_username() if item.batch.by else "somebody"
        why = f", {item.why}" if item.why else ""
        says = f"{by}: {item.batch.deed}, with {item.batch.total - 1} others: {item.state}{why}"
        yield Moment(item.batch.created_at, "staff", says, _short(item.run_id))
    of_leads = ContentType.objects.get_for_model(Lead)
    for entry in LogEntry.objects.filter(content_type=of_leads, object_id=str(lead.pk)).select_related("user"):
        yield Moment(entry.action_time, "staff", f"{entry.user.get_username()}: {entry.get_change_message()}")
