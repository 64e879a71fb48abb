"""Runs and messages as their pages tell them: read in a fixed number of queries, masked where need be."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from enrichment.admin.wording import (
    MESSAGE_COLOURS,
    TIER_COLOURS,
    said_outcome,
    said_reason,
    said_state,
    said_step,
)
from enrichment.models import Candidate, Direction, LeadMessage, ProviderCall, Run, RunStep
from parties.disclosure import shown_document, shown_text
from parties.models import Party

NARROWEST_BAR = 2


@dataclass(frozen=True, slots=True)
class ToldStep:
    row: RunStep
    name: str
    outcome: str
    tier_colour: str
    width: int
    begins_attempt: bool


@dataclass(frozen=True, slots=True)
class ToldCandidate:
    row: Candidate
    document: str
    reasons: list[str]
    party_id: UUID | None

    @property
    def percent(self) -> int:
        return int(self.row.score * 100)


@dataclass(frozen=True, slots=True)
class ToldMessage:
    row: LeadMessage
    body: str
    sender: str
    colour: str
    is_ours: bool


@dataclass(frozen=True, slots=True)
class ToldRun:
    row: Run
    state: str
    colour: str
    tier_colour: str
    outcome: str
    steps: list[ToldStep]
    candidates: list[ToldCandidate]
    calls: int
    spent: Decimal
    message_id: UUID | None

    @property
    def took(self) -> timedelta | None:
        return self.row.finished_at - self.row.created_at if self.row.finished_at else None

    @property
    def seconds(self) -> float | None:
        return None if self.took is None else round(self.took.total_seconds(), 1)


def runs_told(runs: QuerySet[Run], *, clear: bool) -> list[ToldRun]:
    rows = list(runs.prefetch_related("steps", "candidates", "messages"))
    spent = _spent(rows)
    known = _known({c.cpf for run in rows for c in run.candidates.all()})
    return [_told(run, spent[run.pk], known, clear) for run in rows]


def message_told(message: LeadMessage, *, clear: bool) -> ToldMessage:
    return ToldMessage(
        row=message,
        body=shown_text(message.body, clear=clear),
        sender=shown_text(message.sender, clear=clear),
        colour=MESSAGE_COLOURS[message.state],
        is_ours=message.direction == Direction.OUT,
    )


def _told(run: Run, spent: tuple[int, Decimal], known: Mapping[str, UUID], clear: bool) -> ToldRun:
    state, colour = said_state(run.state, reviewed=run.reviewed_at is not None)
    messages = [m for m in run.messages.all() if m.direction == Direction.OUT]
    return ToldRun(
        row=run,
        state=state,
        colour=colour,
        tier_colour=TIER_COLOURS.get(run.tier, "default"),
        outcome=said_outcome(run.error),
        steps=_steps(list(run.steps.all())),
        candidates=[_candidate(c, known, clear) for c in run.candidates.all()],
        calls=spent[0],
        spent=spent[1],
        message_id=messages[0].pk if messages else None,
    )


def _steps(steps: list[RunStep]) -> list[ToldStep]:
    longest = max((step.ms for step in steps), default=0) or 1
    several = len({step.attempt for step in steps}) > 1
    seen: set[int] = set()
    told = []
    for step in steps:
        told.append(
            ToldStep(
                row=step,
                name=said_step(step.name),
                outcome=said_outcome(step.outcome),
                tier_colour=TIER_COLOURS.get(step.tier, "default"),
                width=max(NARROWEST_BAR, round(100 * step.ms / longest)),
                begins_attempt=several and step.attempt not in seen,
            )
        )
        seen.add(step.attempt)
    return told


def _candidate(candidate: Candidate, known: Mapping[str, UUID], clear: bool) -> ToldCandidate:
    return ToldCandidate(
        row=candidate,
        document=shown_document(candidate.cpf, clear=clear),
        reasons=[said_reason(code) for code in candidate.reasons],
        party_id=known.get(candidate.cpf),
    )


def _spent(runs: Iterable[Run]) -> dict[Any, tuple[int, Decimal]]:
    """How many provider calls each run made, and their price."""
    calls = ProviderCall.objects.filter(run_id__in=[run.pk for run in runs]).values("run_id")
    found: dict[Any, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for row in calls.annotate(calls=Count("pk"), spent=Sum("price")).order_by():
        found[row["run_id"]] = (row["calls"], row["spent"])
    return found


def _known(documents: set[str]) -> dict[str, UUID]:
    return {cpf: pk for cpf, pk in Party.objects.filter(cpf_cnpj__in=documents).values_list("cpf_cnpj", "pk") if cpf}
