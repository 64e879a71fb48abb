"""C2S events: read what came, store it once, and start the runs, all in one transaction."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection, transaction

from c2s_enrich.errors import Refusal
from c2s_enrich.request_id import current_request_id
from c2s_enrich.rows import SKIP_KNOWN, rows_insert
from enrichment.forgotten import cards_blanked
from enrichment.intake import Arrival, leads_take_in
from enrichment.models import Lead, Source, Trigger
from enrichment.providers.c2s.schemas import LeadCard, identifier, lead_card, moment
from enrichment.providers.reading import section, text
from webhooks.bodies import DEEPEST, is_too_deep, json_of_any_type, storable
from webhooks.models import Door, EventState, WebhookEvent

_TIE = """
update webhook_events e set lead_id = t.lead from unnest(%s::uuid[], %s::uuid[]) as t (event, lead) where e.id = t.event
"""
MOST_EVENTS = 1000
LONGEST_ID = 191
TOO_DEEP = f"an event may be nested at most {DEEPEST} levels deep"
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
    is_cleared: bool = False

    def as_arrival(self) -> Arrival:
        assert self.card is not None
        return Arrival(card=self.card, closes=self.hook_action == CLOSING, is_cleared=self.is_cleared)


@dataclass(slots=True)
class Receipt:
    received: int = 0
    processed: int = 0
    duplicates: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)


def events_take_in(body: Any) -> Receipt:
    """Everything counted as processed is committed, with its job, when this returns."""
    items = body if isinstance(body, list) else [body]
    if len(items) > MOST_EVENTS:
        raise Refusal(422, f"At most {MOST_EVENTS} events at once; these are {len(items)}.", "too_many_events")
    events = _without_the_forgotten([event_read(item) for item in items])
    with transaction.atomic():
        rows = _stored(events)
        new = [(event, row) for event, row in zip(events, rows, strict=True) if row and event.card]
        leads = _leads([event for event, _ in new])
        _tie([row for _, row in new], leads)
    return _receipt(events, rows)


def event_take_again(row: WebhookEvent) -> str:
    """Take in what a stored event says, though it was stored before; why that cannot be, or nothing."""
    body = json_of_any_type(row.text.encode()) if row.text else [row.payload]
    events = [event_read(item) for item in (body if isinstance(body, list) else [body])]
    problems = [event.error for event in events if event.error]
    if problems or not events:
        return problems[0] if problems else "there is no event in it"
    leads = _leads(events)
    row.lead, row.external_id = leads[events[0].external_id], events[0].external_id
    return ""


def event_read(item: Any) -> Event:
    """`{id, hook_action, attributes}`, also wrapped as `{"data": …}`; whatever it is, it becomes a row."""
    payload = storable(item)
    given = section(payload)
    given = section(given.get("data")) or given
    lead_id, attributes = identifier(given.get("id")), given.get("attributes")
    updated_at = moment(section(attributes).get("updated_at"))
    hook_action = text(given.get("hook_action") or section(payload).get("hook_action"), 40)
    problem = TOO_DEEP if is_too_deep(item) else _problem(payload, given.get("id"), attributes)
    return Event(
        payload=payload,
        external_id=lead_id,
        version=updated_at.isoformat() if updated_at and not problem else content_hash(payload),
        hook_action=hook_action,
        card=None if problem else lead_card(lead_id, attributes),
        error=problem,
    )


def _without_the_forgotten(events: list[Event]) -> list[Event]:
    """Of people who asked to be forgotten not even what came in is kept; the CRM is answered as ever."""
    cards = [event.card for event in events if event.card]
    # by place, for one lead may come several times in a body
    emptied = iter(cards_blanked(cards, {}))
    return [_emptied(event, next(emptied)) if event.card else event for event in events]


def _emptied(event: Event, card: LeadCard) -> Event:
    if card is event.card:
        return replace(event, is_cleared=True)
    return replace(event, payload=None, external_id=card.lead_id, card=card, is_cleared=True)


def content_hash(payload: Any) -> str:
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def _problem(payload: Any, lead_id: Any, attributes: Any) -> str:
    if not isinstance(payload, dict):
        return "an event must be a JSON object"
    if not identifier(lead_id):
        return "`id` is missing: which lead is this about?"
    if len(str(lead_id)) > LONGEST_ID:
        # cut, it might be another lead's
        return f"`id` is longer than {LONGEST_ID} characters"
    if not isinstance(attributes, dict):
        return "`attributes` is missing or not an object"
    return ""


def _leads(events: Sequence[Event]) -> dict[str, Lead]:
    arrivals = [event.as_arrival() for event in events]
    return leads_take_in(arrivals=arrivals, source=Source.C2S, trigger=Trigger.WEBHOOK)


def _stored(events: Sequence[Event]) -> list[WebhookEvent | None]:
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
    # by key: two bodies with the same events wait for each other in the same order
    new = rows_insert(sorted(rows, key=lambda row: (row.external_id, row.version)), on_conflict=SKIP_KNOWN)
    return [row if row.pk in new else None for row in rows]


def _tie(rows: Iterable[WebhookEvent], leads: Mapping[str, Lead]) -> None:
    tied = {row.pk: leads[row.external_id].pk for row in rows}
    if tied:
        with connection.cursor() as cursor:
            cursor.execute(_TIE, [list(tied), list(tied.values())])


def _receipt(events: Sequence[Event], rows: Sequence[WebhookEvent | None]) -> Receipt:
    receipt = Receipt(received=len(events))
    for index, (event, row) in enumerate(zip(events, rows, strict=True)):
        if event.error:
            receipt.errors.append((index, event.error))
        elif row is None:
            receipt.duplicates += 1
        else:
            receipt.processed += 1
    return receipt
