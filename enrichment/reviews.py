"""The review queue: leads of whom staff must say who they are, the oldest first."""

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from enrichment.latest import leads_in_state, telling_runs
from enrichment.models import Lead, Run, RunState

COUNTED_AT_MOST = 100


def runs_to_review() -> QuerySet[Run]:
    """Latest runs that nobody has looked at; a run that only repeats a message tells nothing of who it is."""
    newer = telling_runs("lead").filter(pk__gt=OuterRef("pk"))
    waiting = Run.objects.filter(state=RunState.NEEDS_REVIEW, reviewed_at=None, lead__closed_at=None)
    return waiting.filter(~Exists(newer), lead__ignored_at=None).order_by("id")


def leads_to_review(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    """The same, asked of the leads: a decision ends the waiting of all of a lead's runs."""
    undecided = Run.objects.filter(lead=OuterRef("pk"), state=RunState.NEEDS_REVIEW, reviewed_at=None)
    waiting = leads_in_state(leads, RunState.NEEDS_REVIEW).filter(Exists(undecided))
    return waiting.filter(closed_at=None, ignored_at=None)


def review_next(*, after: UUID | None = None) -> Run | None:
    """The one behind `after`; from the beginning again when there is none."""
    waiting = runs_to_review().select_related("lead")
    behind = waiting.filter(pk__gt=after).first() if after else None
    return behind or waiting.first()


def reviews_waiting() -> int:
    """As many as a person can grasp: what is counted costs time."""
    return runs_to_review().values("pk")[: COUNTED_AT_MOST + 1].count()
