"""What came to the predecessor by webhook: the event as it came, its lead, and how it ended there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils import timezone

from c2s_enrich.ids import uuid7_floor
from c2s_enrich.rows import SKIP_KNOWN, rows_insert
from enrichment.forgotten import cards_blanked
from enrichment.intake import Arrival, Elsewhere, leads_take_over
from enrichment.models import Lead, RunState, Source
from enrichment.providers.reading import section
from webhooks import google_ads
from webhooks.c2s import event_read
from webhooks.legacy.parties import FORGOTTEN
from webhooks.legacy.source import Row, Wanted
from webhooks.legacy.staging import Taken
from webhooks.legacy.values import first_moment, line
from webhooks.models import Door, EventState, WebhookEvent

EVENTS = Wanted(
    table="public.webhook_events",
    key="id",
    moments="t.updated_at_ts t.processed_at t.received_at",
    columns={
        "lead_id": "t.lead_id",
        "hook_action": "t.hook_action",
        "payload": "t.payload_raw t.payload",
        "status": "t.status",
        "updated_at": "t.updated_at",
        "received_at": "t.received_at t.updated_at",
    },
)
FORMS = Wanted(
    table="public.google_ads_leads",
    key="id",
    moments="t.c2s_created_at t.created_at",
    columns={
        "google_id": "t.google_lead_id",
        "crm_id": "t.c2s_lead_id",
        "payload": "t.payload_raw t.payload",
        "status": "t.enrichment_status",
        "received_at": "t.created_at t.c2s_created_at",
    },
)
UNKNOWN_THERE = "came to the predecessor, which did not say how it ended"
_FAILED_THERE = "failed at the predecessor"
_ENDINGS = {
    "completed": (RunState.COMPLETED, ""),
    "failed": (RunState.FAILED, _FAILED_THERE),
    "error": (RunState.FAILED, _FAILED_THERE),
}


@dataclass(frozen=True, slots=True)
class Came:
    """An event or a form, read as our own doors read them."""

    row: Row
    event: WebhookEvent
    arrival: Arrival
    ended: Elsewhere

    @property
    def lead_id(self) -> str:
        return self.arrival.card.lead_id


def events_take(rows: Sequence[Row]) -> Taken:
    return _take(rows, _event, Source.C2S)


def forms_take(rows: Sequence[Row]) -> Taken:
    return _take(rows, _form, Source.GOOGLE_ADS)


def _take(rows: Sequence[Row], read: Any, source: Source) -> Taken:
    taken, now = Taken(), timezone.now()
    came = [one for row in rows if (one := read(row, taken, now))]
    came = _without_the_forgotten(came, taken)
    newest = {one.lead_id: one for one in came}
    leads_take_over(
        arrivals={i: one.arrival for i, one in newest.items()},
        ended={i: one.ended for i, one in newest.items()},
        source=source,
    )
    leads = Lead.objects.filter(lead_id__in=newest).in_bulk(field_name="lead_id")
    for one in came:
        one.event.lead = leads.get(one.lead_id)
    taken.written = len(rows_insert([one.event for one in came], on_conflict=SKIP_KNOWN))
    return taken


def _event(row: Row, taken: Taken, now: datetime) -> Came | None:
    payload = _decoded(row["payload"])
    given = payload if section(payload).get("attributes") or section(payload).get("data") else _wrapped(row, payload)
    event, at = event_read(given), first_moment(row, "received_at", otherwise=now)
    if why := event.error or _too_old(at, now):
        taken.refuse(row["key"], why)
        return None
    stored = _stored(row, Door.C2S, at, external_id=event.external_id, version=event.version, payload=event.payload)
    stored.hook_action = event.hook_action or line(row["hook_action"], 40)
    return Came(row, stored, event.as_arrival(), _ended(row, at))


def _wrapped(row: Row, payload: Any) -> dict[str, Any]:
    """Some versions kept the attributes alone."""
    told = {"updated_at": row["updated_at"]} | section(payload)
    return {"id": row["lead_id"], "hook_action": row["hook_action"], "attributes": told}


def _form(row: Row, taken: Taken, now: datetime) -> Came | None:
    payload = section(_decoded(row["payload"])) | ({"lead_id": row["google_id"]} if row["google_id"] else {})
    at, google_id = first_moment(row, "received_at", otherwise=now), google_ads.google_id_of(payload)
    if why := ("" if google_id else google_ads.NO_ID) or _too_old(at, now):
        taken.refuse(row["key"], why)
        return None
    row_here = google_ads.form_row(payload, google_id)
    stored = _stored(
        row, Door.GOOGLE_ADS, at, external_id=row_here.external_id, version=row_here.version, payload=row_here.payload
    )
    return Came(row, stored, google_ads.form_arrival(payload, google_id), _ended(row, at, line(row["crm_id"], 191)))


def _stored(row: Row, door: Door, at: datetime, **told: Any) -> WebhookEvent:
    # by the moment it came, as all keys here: retention lets go of the oldest
    key = UUID(int=uuid7_floor(at).int | int(row["key"]) << 8 | (door == Door.GOOGLE_ADS))
    return WebhookEvent(id=key, door=door, state=EventState.PROCESSED, received_at=at, **told)


def _ended(row: Row, at: datetime, crm_id: str = "") -> Elsewhere:
    state, error = _ENDINGS.get(row["status"].lower(), (RunState.SKIPPED, UNKNOWN_THERE))
    return Elsewhere(received_at=at, state=state, error=error, crm_id=crm_id)


def _too_old(at: datetime, now: datetime) -> str:
    days = settings.RETENTION_EVENTS
    return "older than events are kept" if days and at < now - timedelta(days=days) else ""


def _without_the_forgotten(came: list[Came], taken: Taken) -> list[Came]:
    documents: Mapping[str, str] = {one.lead_id: one.arrival.document for one in came}
    cards = [one.arrival.card for one in came]
    kept = []
    for one, card in zip(came, cards_blanked(cards, documents), strict=True):
        if card is one.arrival.card:
            kept.append(one)
        else:
            taken.refuse(one.row["key"], FORGOTTEN)
    return kept


def _decoded(payload: str) -> Any:
    try:
        found = msgspec.json.decode(payload) if payload else None
        return msgspec.json.decode(found) if isinstance(found, str) else found
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
