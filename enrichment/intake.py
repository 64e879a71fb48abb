"""Every door ends here: leads are filed and each starts one run, in the caller's transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from enrichment.conversation import heard_keep
from enrichment.identity import identify
from enrichment.models import Lead, Run, RunState, Source, Trigger
from enrichment.providers.c2s.schemas import LeadCard
from enrichment.runs import runs_start
from parties.identifiers import Email, Phone

FIELDS = (
    "customer_name",
    "phone",
    "phone2",
    "email",
    "document",
    "phone_value",
    "email_value",
    "seller",
    "product",
    "lead_source",
    "crm_status",
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A lead as a door saw it."""

    card: LeadCard
    closes: bool = False
    document: str = ""


@transaction.atomic
def leads_take_in(*, arrivals: Iterable[Arrival], source: Source, trigger: Trigger) -> dict[str, Lead]:
    """File the leads and start their runs; by lead id. A fixed number of queries, however many there are."""
    # by id: two doors taking in the same leads lock them in the same order
    newest = {a.card.lead_id: a for a in sorted(arrivals, key=_age)}
    if not newest:
        return {}
    ids = sorted(newest)
    Lead.objects.bulk_create([_fresh(newest[i], source) for i in ids], ignore_conflicts=True)
    leads = {
        lead.lead_id: lead for lead in Lead.objects.select_for_update().filter(lead_id__in=ids).order_by("lead_id")
    }
    Lead.objects.bulk_update(
        [lead for i, lead in leads.items() if _renew(lead, newest[i])],
        [*FIELDS, "closed_at", "crm_updated_at", "updated_at"],
    )
    heard_keep([(leads[i], newest[i].card.messages) for i in ids])
    runs_start(leads=_to_enrich([leads[i] for i in ids if not newest[i].closes]), trigger=trigger)
    return leads


def _to_enrich(leads: list[Lead]) -> list[Lead]:
    """Leads for which no run is about to start anyway."""
    waiting = set(
        Run.objects.filter(lead__in=leads, state=RunState.QUEUED, attempts=0).values_list("lead_id", flat=True)
    )
    return [lead for lead in leads if lead.pk not in waiting]


def _age(arrival: Arrival) -> tuple[bool, Any]:
    at = arrival.card.updated_at
    return (at is not None, at)


def _fresh(arrival: Arrival, source: Source) -> Lead:
    lead = Lead(lead_id=arrival.card.lead_id, source=source)
    _renew(lead, arrival)
    return lead


def _renew(lead: Lead, arrival: Arrival) -> bool:
    """Bring the lead up to date; order does not matter, for an older event never overwrites a newer one."""
    card = arrival.card
    if lead.crm_updated_at and card.updated_at and card.updated_at < lead.crm_updated_at:
        return False
    for field, value in _told(arrival).items():
        if value:
            setattr(lead, field, value)
    lead.crm_updated_at = card.updated_at or lead.crm_updated_at
    closed = arrival.closes or card.closed
    lead.closed_at = (lead.closed_at or timezone.now()) if closed else None
    lead.updated_at = timezone.now()
    return True


def _told(arrival: Arrival) -> dict[str, str]:
    card = arrival.card
    identity = identify(phones=[card.phone, card.phone2], email=card.email)
    return {
        "customer_name": card.name,
        "phone": card.phone,
        "phone2": card.phone2,
        "email": card.email,
        "document": arrival.document,
        "phone_value": identity.phone.value if isinstance(identity.phone, Phone) else "",
        "email_value": identity.email.value if isinstance(identity.email, Email) else "",
        "seller": card.seller,
        "product": card.product,
        "lead_source": card.source,
        "crm_status": card.status,
    }
