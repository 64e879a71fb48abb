"""Step 8: said once. The intent is a row before the call; after a lost answer we look before we repeat."""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from enrichment.message import fingerprint_of
from enrichment.models import Direction, LeadMessage, MessageState, Run
from enrichment.providers.c2s import client as c2s
from enrichment.providers.errors import Unavailable


def message_deliver(*, run: Run, text: str) -> bool:
    """True when the CRM has the message; False when the lead was told the same lately."""
    mark = fingerprint_of(text)
    intent = LeadMessage.objects.filter(run=run, direction=Direction.OUT).first()
    if intent is None:
        if _said_lately(run, mark):
            return False
        intent = LeadMessage.objects.create(
            lead=run.lead,
            run=run,
            direction=Direction.OUT,
            state=MessageState.SENDING,
            body=text,
            fingerprint=mark,
        )
    elif intent.state == MessageState.SENT or _crm_has(intent):
        return _sent(intent)
    return _send(intent)


def _said_lately(run: Run, mark: str) -> bool:
    return (
        LeadMessage.objects.filter(lead=run.lead, direction=Direction.OUT, fingerprint=mark)
        .filter(state=MessageState.SENT, sent_at__gt=Now() - timedelta(hours=settings.RESEND_AFTER_HOURS))
        .exists()
    )


def _send(intent: LeadMessage) -> bool:
    try:
        c2s.message_create(intent.lead.lead_id, intent.body)
    except Unavailable as error:
        if not (error.maybe_done and _crm_has(intent)):
            raise
    return _sent(intent)


def _crm_has(intent: LeadMessage) -> bool:
    """Whether the CRM shows this text once more often than we know we said it."""
    card = c2s.lead_get(intent.lead.lead_id)
    shown = sum(intent.fingerprint in said.body for said in card.messages) if card else 0
    known = LeadMessage.objects.filter(
        lead=intent.lead, direction=Direction.OUT, fingerprint=intent.fingerprint, state=MessageState.SENT
    ).count()
    return shown > known


def _sent(intent: LeadMessage) -> bool:
    LeadMessage.objects.filter(pk=intent.pk, state=MessageState.SENDING).update(state=MessageState.SENT, sent_at=Now())
    return True
