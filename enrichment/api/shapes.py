"""Leads, runs, messages, companies and search hits as the API shows them; without `pii`, contacts come masked."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from enrichment.customer import Answer, SourceName, TierName, bare_contact
from enrichment.models import Lead, Run
from parties.disclosure import shown_text

Status = Literal[
    "queued", "running", "completed", "partial", "not_found", "needs_review", "failed", "skipped"
]  # fmt: skip


class StepShown(Answer, frozen=True):
    name: str
    outcome: str
    ms: int
    tier: TierName | None


class RunShown(Answer, frozen=True):
    run_id: UUID
    lead_id: str
    trigger: str
    status: Status
    tier: TierName | None
    confidence: float | None
    same_person: bool | None
    message_sent: bool
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None
    steps: list[StepShown]


class LeadShown(Answer, frozen=True):
    lead_id: str
    source: str
    customer_name: str
    phone: str | None
    email: str | None
    status: Status | None
    seller: str
    product: str
    received_at: datetime
    party_id: UUID | None
    run_id: UUID | None


class LeadWithRun(LeadShown, frozen=True):
    run: RunShown | None


class LeadsPage(Answer, frozen=True):
    results: list[LeadShown]
    next: str | None


class MessageShown(Answer, frozen=True):
    id: UUID
    direction: Literal["in", "out"]
    sender: str
    body: str
    sent_at: datetime


class MessagesPage(Answer, frozen=True):
    results: list[MessageShown]
    next: str | None


class PartyFound(Answer, frozen=True):
    party_id: UUID
    type: Literal["person", "company"]
    name: str
    cpf: str | None
    city: str | None
    score: float | None


class PartiesPage(Answer, frozen=True):
    results: list[PartyFound]
    next: str | None


class PlannedCall(Answer, frozen=True):
    provider: SourceName
    operation: str
    price: Decimal


class DryRun(Answer, frozen=True):
    dry_run: Literal[True]
    tier: TierName | None
    calls: list[PlannedCall]
    total_price: Decimal
    currency: str


def lead_shown(lead: Lead, status: Any, run_id: UUID | None, *, clear: bool) -> LeadShown:
    """`status` and `run_id` are of its latest run."""
    return LeadShown(
        lead_id=lead.lead_id,
        source=lead.source,
        # some type their phone where the name belongs
        customer_name=shown_text(lead.customer_name, clear=clear),
        phone=_contact(lead.phone_value, lead.phone, clear),
        email=_contact(lead.email_value, lead.email, clear),
        status=status,
        seller=shown_text(lead.seller, clear=clear),
        product=shown_text(lead.product, clear=clear),
        received_at=lead.received_at,
        party_id=lead.party_id,
        run_id=run_id,
    )


def run_shown(run: Run) -> RunShown:
    return RunShown(
        run_id=run.pk,
        lead_id=run.lead.lead_id,
        trigger=run.trigger,
        status=run.state,  # type: ignore[arg-type]  # a check constraint knows the same words
        tier=run.tier or None,  # type: ignore[arg-type]
        confidence=None if run.confidence is None else float(run.confidence),
        same_person=run.same_person,
        message_sent=run.message_sent,
        started_at=run.started_at,
        finished_at=run.finished_at,
        error=run.error or None,
        steps=[
            StepShown(name=s.name, outcome=s.outcome, ms=s.ms, tier=s.tier or None)  # type: ignore[arg-type]
            for s in run.steps.all()
        ],
    )


def _contact(canonical: str, typed: str, clear: bool) -> str | None:
    """As it was typed where it cannot be read as anything."""
    value = canonical or typed
    return bare_contact(value, clear=clear) if value else None
