"""Leads and runs as the API shows them; without the scope `pii` contacts come masked."""

from typing import Any

from enrichment.models import Lead, Run, RunState
from parties.identifiers import Email, Phone


def lead_shown(lead: Lead, run: Run | None, *, in_clear: bool) -> dict[str, Any]:
    return {
        "lead_id": lead.lead_id,
        "source": lead.source,
        "customer_name": lead.customer_name,
        "phone": _contact(Phone.parse(lead.phone), lead.phone, in_clear),
        "email": _contact(Email.parse(lead.email), lead.email, in_clear),
        "status": run.state if run else None,
        "seller": lead.seller,
        "product": lead.product,
        "received_at": lead.received_at.isoformat(),
        "party_id": str(lead.party_id) if lead.party_id else None,
        "run_id": str(run.pk) if run else None,
    }


def run_shown(run: Run) -> dict[str, Any]:
    return {
        "run_id": str(run.pk),
        "lead_id": run.lead.lead_id,
        "trigger": run.trigger,
        "status": run.state,
        "tier": run.tier or None,
        "confidence": None if run.confidence is None else float(run.confidence),
        "same_person": run.same_person,
        "message_sent": run.message_sent,
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "error": run.error or None,
        "steps": [{"name": s.name, "outcome": s.outcome, "ms": s.ms, "tier": s.tier or None} for s in run.steps.all()],
    }


def _contact(parsed: object, typed: str, in_clear: bool) -> str | None:
    if not typed:
        return None
    if isinstance(parsed, Phone | Email):
        return parsed.value if in_clear else parsed.masked
    return typed if in_clear else "***"


def is_open(run: Run) -> bool:
    return run.state in (RunState.QUEUED, RunState.RUNNING)
