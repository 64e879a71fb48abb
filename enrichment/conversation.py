"""What was said in a lead's conversation: heard through webhooks, or said by us."""

import hashlib
from collections.abc import Iterable

from django.utils import timezone

from enrichment.message import fingerprint_of
from enrichment.models import Direction, Lead, LeadMessage, MessageState
from enrichment.providers.c2s.schemas import Said


def heard_keep(heard: Iterable[tuple[Lead, list[Said]]]) -> None:
    """Webhooks repeat the whole conversation: each word is kept once, and our own words not again."""
    rows = [_row(lead, said) for lead, messages in heard for said in messages if not _is_ours(said)]
    LeadMessage.objects.bulk_create(rows, ignore_conflicts=True)


def _is_ours(said: Said) -> bool:
    return fingerprint_of(said.body.strip()).startswith("ref:")


def _row(lead: Lead, said: Said) -> LeadMessage:
    at = said.at or timezone.now()
    content = f"{said.sender}|{said.at.isoformat() if said.at else ''}|{said.body}"
    return LeadMessage(
        lead=lead,
        direction=Direction.IN,
        state=MessageState.RECEIVED,
        sender=said.sender,
        body=said.body,
        fingerprint=hashlib.sha256(content.encode()).hexdigest(),
        sent_at=at,
    )
