"""What staff do to leads. Nothing here waits: what takes time is a run, and runs have their queue."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from enrichment.crm_leads import creations_retry
from enrichment.models import (
    Candidate,
    Decision,
    Direction,
    Lead,
    LeadMessage,
    MessageState,
    Ruling,
    Run,
    RunState,
    Source,
    Trigger,
)
from enrichment.models.run import OPEN_STATES
from enrichment.runs import FRESH, runs_start
from enrichment.tasks import ring

# what may be said again
SAID_STATES = (MessageState.SENT, MessageState.FAILED, MessageState.SHADOW)


class Skip(models.TextChoices):
    """Why nothing was done."""

    TEST = "test", _("a test lead: nobody is asked or told about it")
    CLOSED = "closed", _("the lead is closed")
    UNDER_WAY = "under_way", _("a run of this lead is under way already")
    SILENT = "silent", _("there is no message to send again")
    NOT_IN_CRM = "not_in_crm", _("the CRM does not have this lead")
    NOT_REFUSED = "not_refused", _("the CRM did not refuse this lead")
    NOTHING_TO_REVIEW = "nothing_to_review", _("nothing is waiting for a review")
    IGNORED = "ignored", _("ignored before")
    NO_SUCH_CANDIDATE = "no_such_candidate", _("this person is not among the lead's candidates")


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one lead: done when `skipped` is None; `run` is what goes on in the queue."""

    lead: Lead
    skipped: Skip | None = None
    run: Run | None = None


@transaction.atomic
def lead_rerun(*, leads: Iterable[Lead], force_providers: bool = False, priority: int = FRESH) -> list[Done]:
    """A run each; one that waits for its next attempt is hurried instead. Whoever was ignored no longer is."""
    leads = _locked(leads)
    open_runs = {run.lead_id: run for run in Run.objects.filter(lead__in=leads, state__in=OPEN_STATES).order_by("-id")}
    told: dict[UUID, Done] = {lead.pk: Done(lead, why) for lead in leads if (why := _unfit(lead))}
    fit = [lead for lead in leads if lead.pk not in told]
    for lead in fit:
        if lead.pk in open_runs:
            told[lead.pk] = _hurry(lead, open_runs[lead.pk], force_providers, priority)
    fresh = [lead for lead in fit if lead.pk not in told]
    Lead.objects.filter(pk__in=[lead.pk for lead in fit]).exclude(ignored_at=None).update(ignored_at=None)
    runs = runs_start(leads=fresh, trigger=Trigger.ADMIN, force_providers=force_providers, priority=priority)
    told |= {run.lead_id: Done(run.lead, run=run) for run in runs}
    return [told[lead.pk] for lead in leads]


@transaction.atomic
def lead_resend(*, leads: Iterable[Lead], priority: int = FRESH) -> list[Done]:
    """The last message of each once more, on purpose, by a run that does nothing else."""
    leads = _locked(leads)
    last = _last_messages(leads)
    busy = set(Run.objects.filter(lead__in=leads, state__in=OPEN_STATES).values_list("lead_id", flat=True))
    skipped = {lead.pk: why for lead in leads if (why := _unfit(lead) or _mute(lead, last, busy))}
    runs = runs_start(
        leads=[lead for lead in leads if lead.pk not in skipped],
        trigger=Trigger.ADMIN,
        priority=priority,
        repeats={lead_id: message.pk for lead_id, message in last.items()},
    )
    started = {run.lead_id: run for run in runs}
    return [Done(lead, skipped.get(lead.pk), started.get(lead.pk)) for lead in leads]


@transaction.atomic
def lead_create_again(*, leads: Iterable[Lead]) -> list[Done]:
    """Those that the CRM refused are offered to it once more."""
    leads = _locked(leads)
    tried = creations_retry(leads)
    return [Done(lead, None if lead.pk in tried else Skip.NOT_REFUSED) for lead in leads]


@transaction.atomic
def candidate_choose(*, candidate: Candidate, by: AbstractBaseUser | None) -> Done:
    """This is the lead: said once, it holds for later runs too. What is known of the person is not bought again."""
    [lead] = _locked([candidate.run.lead])
    open_runs = Run.objects.filter(lead=lead, state__in=OPEN_STATES)
    if why := _unfit(lead) or (Skip.UNDER_WAY if open_runs.exists() else None):
        return Done(lead, why)
    lead.chosen_cpf = candidate.cpf
    lead.save(update_fields=["chosen_cpf", "updated_at"])
    _decide([lead], {lead.pk: candidate.run}, Ruling.CHOSEN, by, cpf=candidate.cpf)
    return lead_rerun(leads=[lead])[0]


@transaction.atomic
def lead_mark_reviewed(*, leads: Iterable[Lead], by: AbstractBaseUser | None) -> list[Done]:
    """Somebody looked, and what was done is good as it is."""
    leads = _locked(leads)
    waiting = _to_review(leads)
    decided = [lead for lead in leads if lead.pk in waiting]
    _decide(decided, waiting, Ruling.REVIEWED, by)
    return [Done(lead, None if lead.pk in waiting else Skip.NOTHING_TO_REVIEW) for lead in leads]


@transaction.atomic
def lead_ignore(*, leads: Iterable[Lead], by: AbstractBaseUser | None) -> list[Done]:
    """Nobody is asked or told about the lead any more, until somebody re-runs it."""
    leads = _locked(leads)
    fresh = [lead for lead in leads if lead.ignored_at is None]
    Lead.objects.filter(pk__in=[lead.pk for lead in fresh]).update(ignored_at=Now())
    _decide(fresh, _to_review(fresh), Ruling.IGNORED, by)
    return [Done(lead, Skip.IGNORED if lead.ignored_at else None) for lead in leads]


def _locked(leads: Iterable[Lead]) -> list[Lead]:
    """By id, so that two who act on the same leads wait for each other in the same order."""
    keys = [lead.pk for lead in leads]
    return list(Lead.objects.select_for_update().filter(pk__in=keys).order_by("pk"))


def _unfit(lead: Lead) -> Skip | None:
    if lead.is_test:
        return Skip.TEST
    return Skip.CLOSED if lead.closed_at else None


def _mute(lead: Lead, last: Mapping[UUID, LeadMessage], busy: set[UUID]) -> Skip | None:
    if not lead.conversation_id or lead.source == Source.REST:
        return Skip.NOT_IN_CRM
    if lead.pk not in last:
        return Skip.SILENT
    return Skip.UNDER_WAY if lead.pk in busy else None


def _last_messages(leads: Iterable[Lead]) -> dict[UUID, LeadMessage]:
    ours = LeadMessage.objects.filter(lead__in=list(leads), direction=Direction.OUT, state__in=SAID_STATES)
    newest = ours.order_by("lead_id", "-sent_at", "-id").distinct("lead_id").defer("body")
    return {message.lead_id: message for message in newest}


def _hurry(lead: Lead, run: Run, force_providers: bool, priority: int) -> Done:
    """A run under way is let alone; one that waits for its next attempt is due now."""
    wanted: dict[str, object] = {"next_at": Now(), "lease_owner": ""}
    if force_providers:
        wanted["force_providers"] = True
    waits = Run.objects.filter(pk=run.pk, state=RunState.QUEUED, attempts__gt=0, repeats=None)
    if not waits.update(**wanted):
        return Done(lead, Skip.UNDER_WAY)
    ring([run.pk], priority=priority)
    return Done(lead, run=run)


def _to_review(leads: Iterable[Lead]) -> dict[UUID, Run]:
    """The run of each that waits for somebody's eyes."""
    runs = Run.objects.filter(lead__in=list(leads), state=RunState.NEEDS_REVIEW, reviewed_at=None)
    return {run.lead_id: run for run in runs.order_by("id")}


def _decide(
    leads: Iterable[Lead], runs: Mapping[UUID, Run], ruling: Ruling, by: AbstractBaseUser | None, cpf: str = ""
) -> None:
    """Write it down; all of the lead's runs count as looked at, for the latest tells most."""
    leads = list(leads)
    reviewed = Run.objects.filter(lead__in=leads, state=RunState.NEEDS_REVIEW, reviewed_at=None)
    reviewed.update(reviewed_at=Now())
    Decision.objects.bulk_create(
        [
            Decision(lead=lead, run=runs.get(lead.pk), ruling=ruling, cpf=cpf, by_id=by.pk if by else None)
            for lead in leads
        ]
    )
