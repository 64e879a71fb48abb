"""Google Ads' lead forms: stored once, enriched like any lead, and created in the CRM by the worker."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from c2s_enrich.errors import Refusal
from c2s_enrich.request_id import current_request_id
from c2s_enrich.rows import SKIP_KNOWN, rows_insert
from enrichment.crm_leads import PREFIX
from enrichment.forgotten import lead_id_is_forgotten
from enrichment.intake import Arrival, leads_take_in
from enrichment.models import Lead, Source, Trigger
from enrichment.providers.c2s.schemas import LeadCard
from enrichment.providers.reading import section, text, yes
from webhooks.bodies import json_of_any_type, storable
from webhooks.google_form import form_read
from webhooks.models import Door, EventState, WebhookEvent

ORIGIN = "Google Ads"
NO_ID = "`lead_id` is missing: which lead is this?"
# Google's own ids have a hundred signs and may grow
LONGEST_ID = 1000
# a form says everything at once: the same id is the same lead, whatever else the body says
_VERSION = "form"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a form."""

    google_id: str
    lead: Lead | None
    is_new: bool


def form_take_in(body: Any) -> Taken:
    """Committed, with its job, when this returns; a form that says nothing usable is kept and refused."""
    payload = _without_key(section(storable(body)))
    google_id = google_id_of(payload)
    if google_id and lead_id_is_forgotten(our_id(google_id)):
        return Taken(google_id, lead=None, is_new=False)
    row = form_row(payload, google_id)
    with transaction.atomic():
        is_new = bool(rows_insert([row], on_conflict=SKIP_KNOWN))
        if is_new and google_id:
            lead = _lead(payload, google_id)
            WebhookEvent.objects.filter(pk=row.pk).update(lead=lead)
    if not google_id:
        raise Refusal(400, NO_ID, "invalid", details={"lead_id": "expected Google's id of the lead"})
    return Taken(google_id, Lead.objects.filter(lead_id=our_id(google_id)).first(), is_new)


def form_take_again(row: WebhookEvent) -> str:
    """Take in what a stored form says, though it was stored before; why that cannot be, or nothing."""
    body = json_of_any_type(row.text.encode()) if row.text else row.payload
    payload = _without_key(section(storable(body)))
    google_id = google_id_of(payload)
    if not google_id:
        return NO_ID
    row.lead, row.external_id = _lead(payload, google_id), _external(google_id)
    return ""


def google_id_of(payload: Mapping[str, Any]) -> str:
    return text(payload.get("lead_id"), LONGEST_ID)


def our_id(google_id: str) -> str:
    """Ours to choose: theirs are long, may hold any sign, and could be a lead's of the CRM."""
    return PREFIX + hashlib.sha256(google_id.encode()).hexdigest()[:32]


def key_in(body: Any) -> str:
    given = section(body).get("google_key")
    return given if isinstance(given, str) else ""


def form_row(payload: dict[str, Any], google_id: str) -> WebhookEvent:
    return WebhookEvent(
        door=Door.GOOGLE_ADS,
        external_id=_external(google_id),
        version=_VERSION if google_id else hashlib.sha256(repr(payload).encode()).hexdigest(),
        payload=payload,
        state=EventState.PROCESSED if google_id else EventState.REJECTED,
        error="" if google_id else NO_ID,
        request_id=current_request_id(),
    )


def form_arrival(payload: dict[str, Any], google_id: str) -> Arrival:
    form = form_read(payload)
    card = LeadCard(
        lead_id=our_id(google_id),
        name=form.name[:255],
        email=form.email[:320],
        phone=form.phones[0][:100] if form.phones else "",
        phone2=form.phones[1][:100] if len(form.phones) > 1 else "",
        source=ORIGIN,
    )
    return Arrival(card, document=form.cpf[:40], details=form.details, is_test=yes(payload.get("is_test")) is True)


def _lead(payload: dict[str, Any], google_id: str) -> Lead:
    arrivals = [form_arrival(payload, google_id)]
    return leads_take_in(arrivals=arrivals, source=Source.GOOGLE_ADS, trigger=Trigger.GOOGLE_ADS)[our_id(google_id)]


def _external(google_id: str) -> str:
    limit = WebhookEvent._meta.get_field("external_id").max_length or 0
    return google_id if len(google_id) <= limit else our_id(google_id)


def _without_key(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != "google_key"}
