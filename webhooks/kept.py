"""What was let in by its secret and could not be read: kept with the reason, to be seen and tried again."""

import hashlib
from typing import Any

import structlog
from django.db import transaction

from c2s_enrich.errors import Refusal
from c2s_enrich.request_id import current_request_id
from c2s_enrich.rows import SKIP_KNOWN, rows_insert
from webhooks import c2s, google_ads
from webhooks.bodies import json_of_any_type, storable_text
from webhooks.models import Door, EventState, WebhookEvent

log = structlog.get_logger(__name__)

_TAKE_AGAIN = {Door.C2S: c2s.event_take_again, Door.GOOGLE_ADS: google_ads.form_take_again}
# enough to see what somebody sent, and all of any event that a CRM sends
KEPT_TEXT = 64 * 1024


def json_or_kept(raw: bytes, door: Door) -> Any:
    """The body as JSON; one that is none is kept before it is refused."""
    try:
        return json_of_any_type(raw)
    except Refusal as refusal:
        body_keep(raw, door, refusal.sentence)
        raise


def body_keep(raw: bytes, door: Door, why: str) -> None:
    """The same body is kept once, however often it is sent."""
    text = storable_text(raw.decode("utf-8", "replace"))[:KEPT_TEXT]
    event = WebhookEvent(
        door=door,
        version=hashlib.sha256(raw).hexdigest(),
        text=text,
        state=EventState.REJECTED,
        error=why,
        request_id=current_request_id(),
    )
    rows_insert([event], on_conflict=SKIP_KNOWN)
    log.warning("webhook kept as rejected", door=str(door), kept=str(event.pk), why=why)


def event_replay(event: WebhookEvent) -> str:
    """Take the event in once more, as it was kept; why it still cannot be, or nothing."""
    with transaction.atomic():
        row = WebhookEvent.objects.select_for_update().get(pk=event.pk)
        try:
            row.error = _TAKE_AGAIN[Door(row.door)](row)
        except Refusal as refusal:
            row.error = refusal.sentence
        if not row.error:
            row.state = EventState.PROCESSED
        row.save(update_fields=["state", "error", "lead", "external_id"])
    event.refresh_from_db()
    return event.error
