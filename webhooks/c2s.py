"""C2S events: read what came, store it once, and start the runs, all in one transaction."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from c2s_enrich.request_id import current_request_id
from enrichment.intake import Arrival, leads_take_in
from enrichment.models import Source, Trigger
from enrichment.providers.c2s.schemas import LeadCard, identifier, lead_card, moment
from enrichment.providers.reading import section, text
from webhooks.models import Door, EventState, WebhookEvent

MOST_EVENTS = 1000
CLOSING = "on_close_lead"


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it came, and what it says."""

    payload: Any
    external_id: str
    version: str
    hook_action: str
    card: LeadCard | None
    error: str = ""


@dataclass(slots=True)
class Receipt:
    received: int = 0
    processed: int = 0
    duplicates: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    def as_answer(self) -> dict[str, Any]:
        return {
            "status": "received",
            "received": self.received,
            "processed": self.processed,
            "duplicates": self.duplicates,
            "rejected": len(self.errors),
            "errors": self.errors,
        }


def events_take_in(body: Any) -> Receipt:
    """Everything answered as processed is committed, with its job, when this returns."""
    events = [event_read(item) for item in (body if isinstance(body, list) else [body])]
    with transaction.atomic():
        rows = _stored(events)
        new = [(event, row) for event, row in zip(events, rows, strict=True) if row is not None]
        leads = leads_take_in(
            arrivals=[
                Arrival(card=event.card, closes=event.hook_action == CLOSING)
                for event, _ in new
                if event.card is not None
            ],
            source=Source.C2S,
            trigger=Trigger.WEBHOOK,
        )
        _tie([row for event, row in new if event.card is not None], leads)
    return _receipt(events, rows)


def event_read(item: Any) -> Event:
    """`{id, hook_action, attributes}`, also wrapped as `{"data": …}`; whatever it is, it becomes a row."""
    payload = _storable(item)
    given = section(payload)
    given = section(given.get("data")) or given
    lead_id, attributes = identifier(given.get("id")), given.get("attributes")
    updated_at = moment(section(attributes).get("updated_at"))
    hook_action = text(given.get("hook_action") or section(payload).get("hook_action"), 40)
    problem = _problem(payload, lead_id, attributes)
    return Event(
        payload=payload,
        external_id=lead_id,
        version=updated_at.isoformat() if updated_at and not problem else content_hash(payload),
        hook_action=hook_action,
        card=None if problem else lead_card(lead_id, attributes),
        error=problem,
    )


def content_hash(payload: Any) -> str:
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def _problem(payload: Any, lead_id: str, attributes: Any) -> str:
    if not isinstance(payload, dict):
        return "an event must be a JSON object"
    if not lead_id:
        return "`id` is missing: which lead is this about?"
    if not isinstance(attributes, dict):
        return "`attributes` is missing or not an object"
    return ""


def _stored(events: list[Event]) -> list[WebhookEvent | None]:
    """The row of each event that is new; None for one that is stored already."""
    rows = [
        WebhookEvent(
            door=Door.C2S,
            external_id=event.external_id,
            version=event.version,
            hook_action=event.hook_action,
            payload=event.payload,
            state=EventState.REJECTED if event.error else EventState.PROCESSED,
            error=event.error,
            request_id=current_request_id(),
        )
        for event in events
    ]
    WebhookEvent.objects.bulk_create(rows, ignore_conflicts=True)
    new = set(WebhookEvent.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    return [row if row.pk in new else None for row in rows]


def _tie(rows: Iterable[WebhookEvent], leads: dict[str, Any]) -> None:
    tied = list(rows)
    for row in tied:
        row.lead = leads[row.external_id]
    WebhookEvent.objects.bulk_update(tied, ["lead"])


def _receipt(events: list[Event], rows: list[WebhookEvent | None]) -> Receipt:
    receipt = Receipt(received=len(events))
    for index, (event, row) in enumerate(zip(events, rows, strict=True)):
        if event.error:
            receipt.errors.append({"index": index, "error": event.error})
        elif row is None:
            receipt.duplicates += 1
        else:
            receipt.processed += 1
    return receipt


def _storable(value: Any) -> Any:
    """As it came, but for what PostgreSQL cannot hold: NUL, lone surrogates, numbers that are none."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return str(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value
