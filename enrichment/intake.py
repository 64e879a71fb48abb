"""Every door ends here: leads are filed and each starts one run, in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from c2s_enrich.rows import SKIP_KNOWN, renewing, rows_insert
from enrichment import crm_leads
from enrichment.conversation import heard_keep
from enrichment.forgotten import cards_blanked, is_blank
from enrichment.identity import identify
from enrichment.latest import outcomes_keep
from enrichment.models import OF_THE_CRM, Lead, Run, RunState, Source, Trigger
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
_MADE_BY_US = """
select crm_id, lead_id from leads where crm_id <> '' and crm_id = any(%s::text[]) and source <> all(%s::text[])
"""
CHANGING = [*FIELDS, "details", "closed_at", "crm_updated_at", "updated_at"]
_CLOCKS_DIFFER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A lead as a door saw it."""

    card: LeadCard
    closes: bool = False
    document: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    is_test: bool = False
    # the door has looked already whether it is somebody's who asked to be forgotten
    is_cleared: bool = False


# no savepoints: whatever fails here takes the caller's transaction with it
@transaction.atomic(savepoint=False)
def leads_take_in(*, arrivals: Iterable[Arrival], source: Source, trigger: Trigger) -> dict[str, Lead]:
    """File the leads and start their runs; by the id they came with. A fixed number of queries, however many."""
    given = {a.card.lead_id: a for a in sorted(arrivals, key=_age)}
    if not given:
        return {}
    given, ours = _without_the_forgotten(given, source)
    if source in OF_THE_CRM:
        ours |= _made_by_us(list(given.values()))
    newest = {ours.get(i, i): replace(a, card=replace(a.card, lead_id=ours.get(i, i))) for i, a in given.items()}
    fresh = _filed(newest, source)
    leads = fresh | _brought_up_to_date({i: a for i, a in newest.items() if i not in fresh})
    heard_keep([(leads[i], a.card.messages) for i, a in newest.items()])
    if source == Source.GOOGLE_ADS:
        crm_leads.creations_order([lead for lead in fresh.values() if not (lead.is_test or is_blank(lead))])
    known = _not_waiting([leads[i] for i in leads if i not in fresh])
    runs_start(leads=[lead for lead in (*fresh.values(), *known) if _is_to_run(lead, newest)], trigger=trigger)
    return {i: leads[ours.get(i, i)] for i in given}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What became of a lead that another system dealt with, and when it came there."""

    received_at: datetime
    state: RunState
    crm_id: str = ""
    error: str = ""


@transaction.atomic(savepoint=False)
def leads_take_over(*, arrivals: Mapping[str, Arrival], ended: Mapping[str, Elsewhere], source: Source) -> set[str]:
    """File leads that were dealt with elsewhere, each with a run that says so; those that we have stay as they are."""
    leads = []
    for lead_id in sorted(arrivals):
        lead = _fresh(arrivals[lead_id], source)
        lead.received_at, lead.crm_id = ended[lead_id].received_at, ended[lead_id].crm_id or lead.crm_id
        leads.append(lead)
    written = rows_insert(leads, on_conflict=SKIP_KNOWN)
    fresh = [lead for lead in leads if lead.pk in written]
    rows_insert([_run_elsewhere(lead, ended[lead.lead_id]) for lead in fresh])
    heard_keep([(lead, arrivals[lead.lead_id].card.messages) for lead in fresh])
    outcomes_keep([lead.pk for lead in fresh])
    return {lead.lead_id for lead in fresh}


def _run_elsewhere(lead: Lead, ended: Elsewhere) -> Run:
    return Run(lead=lead, trigger=Trigger.IMPORT, state=ended.state, error=ended.error, finished_at=ended.received_at)


def lead_fill(lead: Lead, card: LeadCard) -> None:
    """What the CRM knows of a lead of which we had nothing but the id."""
    with transaction.atomic():
        _renew(lead, Arrival(card))
        lead.save(update_fields=CHANGING)
        heard_keep([(lead, card.messages)])


def _without_the_forgotten(given: Mapping[str, Arrival], source: Source) -> tuple[dict[str, Arrival], dict[str, str]]:
    """The arrivals with those of forgotten people emptied, and the ids that these go by here."""
    to_ask = [a for a in given.values() if not a.is_cleared]
    documents = {a.card.lead_id: a.document for a in to_ask}
    # a lead that the CRM does not have yet is passed on to it first
    cards = cards_blanked([a.card for a in to_ask], documents, by_id_only=source == Source.GOOGLE_ADS)
    emptied = {
        a.card.lead_id: Arrival(card, closes=a.closes, is_test=a.is_test)
        for a, card in zip(to_ask, cards, strict=True)
        if card is not a.card
    }
    return {**given, **emptied}, {i: a.card.lead_id for i, a in emptied.items()}


def _is_to_run(lead: Lead, newest: Mapping[str, Arrival]) -> bool:
    return not newest[lead.lead_id].closes and not is_blank(lead)


def _made_by_us(arrivals: Sequence[Arrival]) -> dict[str, str]:
    """Leads that the CRM has from us come back through its webhooks: our id by the CRM's."""
    marks = {mark: a.card.lead_id for a in arrivals for mark in crm_leads.marks_in(a.card)}
    for lead in Lead.objects.filter(lead_id__in=marks, crm_id="") if marks else []:
        crm_leads.creation_settle(lead, marks[lead.lead_id])
    with connection.cursor() as cursor:
        # in SQL, for it is asked at every webhook
        cursor.execute(_MADE_BY_US, [[a.card.lead_id for a in arrivals], list(OF_THE_CRM)])
        return dict(cursor.fetchall())


def _filed(newest: Mapping[str, Arrival], source: Source) -> dict[str, Lead]:
    """Those that we had not heard of."""
    # by id: two doors taking in the same leads lock them in the same order
    leads = [_fresh(newest[i], source) for i in sorted(newest)]
    written = rows_insert(leads, on_conflict=SKIP_KNOWN)
    return {lead.lead_id: lead for lead in leads if lead.pk in written}


def _brought_up_to_date(newest: Mapping[str, Arrival]) -> dict[str, Lead]:
    if not newest:
        return {}
    stored = Lead.objects.select_for_update().filter(lead_id__in=newest).order_by("lead_id")
    leads = {lead.lead_id: lead for lead in stored}
    changed = [lead for i, lead in leads.items() if _renew(lead, newest[i])]
    # an upsert: Django's bulk update builds an expression per row and field, and takes seconds for a thousand
    rows_insert(changed, on_conflict=renewing("lead_id", columns=CHANGING))
    return leads


def _not_waiting(leads: list[Lead]) -> list[Lead]:
    """Leads for which no run is about to start anyway."""
    if not leads:
        return []
    fresh = Run.objects.filter(lead__in=leads, state=RunState.QUEUED, attempts=0, repeats=None)
    waiting = set(fresh.values_list("lead_id", flat=True))
    return [lead for lead in leads if lead.pk not in waiting]


def _age(arrival: Arrival) -> tuple[bool, Any]:
    at = arrival.card.updated_at
    return (at is not None, at)


def _fresh(arrival: Arrival, source: Source) -> Lead:
    lead_id = arrival.card.lead_id
    lead = Lead(lead_id=lead_id, source=source, is_test=arrival.is_test)
    lead.crm_id = lead_id if source in OF_THE_CRM and not is_blank(lead) else ""
    _renew(lead, arrival)
    return lead


def crm_told_at(lead: Lead) -> datetime | None:
    """As of when; a date that is still to come says nothing, and would keep every later word away."""
    told = lead.crm_updated_at
    return told if told and told <= timezone.now() + _CLOCKS_DIFFER else None


def _renew(lead: Lead, arrival: Arrival) -> bool:
    """Bring the lead up to date; order does not matter, for an older event never overwrites a newer one."""
    card = arrival.card
    known_at = crm_told_at(lead)
    if known_at and card.updated_at and card.updated_at < known_at:
        return False
    for field_name, value in _told(arrival).items():
        if value:
            setattr(lead, field_name, value)
    lead.crm_updated_at = card.updated_at or known_at
    closed = arrival.closes or card.closed
    lead.closed_at = (lead.closed_at or timezone.now()) if closed else None
    lead.updated_at = timezone.now()
    return True


def _told(arrival: Arrival) -> dict[str, Any]:
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
        "details": arrival.details,
    }
