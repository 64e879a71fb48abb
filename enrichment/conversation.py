"""What was said in a lead's conversation: heard through webhooks, or said by us."""

import hashlib
from collections.abc import Iterable

import msgspec
from django.db import transaction
from django.utils import timezone

from c2s_enrich import sealed_cache
from c2s_enrich.counters import counted
from c2s_enrich.rows import SKIP_KNOWN, rows_insert
from enrichment.message import is_ours
from enrichment.models import Direction, Lead, LeadMessage, MessageState
from enrichment.providers.c2s.schemas import Said

HISTORY_TTL = 5 * 60


def heard_keep(heard: Iterable[tuple[Lead, list[Said]]]) -> None:
    """Webhooks repeat the whole conversation: each word is kept once, and our own words not again."""
    told = list(heard)
    rows = [_row(lead, said) for lead, messages in told for said in messages if not is_ours(said.body)]
    history_forget(lead for lead, messages in told if messages)
    rows_insert(rows, on_conflict=SKIP_KNOWN)


def history(lead: Lead) -> list[dict[str, str]]:
    """The conversation, newest last; remembered for five minutes, and dropped when somebody speaks."""
    name = ("history", lead.lead_id)
    remembered = sealed_cache.get_many([name])
    counted("messageCache", name in remembered)
    if name in remembered:
        found: list[dict[str, str]] = msgspec.json.decode(remembered[name])
        return found
    told = LeadMessage.objects.filter(lead=lead, state__in=[MessageState.RECEIVED, MessageState.SENT])
    shown = [_shown(message) for message in told.order_by("sent_at", "id")]
    sealed_cache.set_many({name: msgspec.json.encode(shown)}, ttl=HISTORY_TTL)
    return shown


def history_forget(leads: Iterable[Lead]) -> None:
    """After commit: what is read before it would be remembered without the new message."""
    names = [("history", lead.lead_id) for lead in leads]
    transaction.on_commit(lambda: sealed_cache.delete_many(names) and None, robust=True)


def _shown(message: LeadMessage) -> dict[str, str]:
    return {
        "id": str(message.pk),
        "direction": message.direction,
        "sender": message.sender,
        "body": message.body,
        "sent_at": message.sent_at.isoformat(),
    }


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
