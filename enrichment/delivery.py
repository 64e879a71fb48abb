"""Step 8: said once. The intent is a row before the call; after a lost answer we look before we repeat."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import connection

from c2s_enrich.patience import WITHOUT_THE_DISK
from enrichment.conversation import history_forget
from enrichment.crm_leads import crm_lead_create
from enrichment.leases import HOLD, TakenOver, lease_of
from enrichment.message import fingerprint_of
from enrichment.models import Direction, Lead, LeadMessage, MessageState, Run, Source
from enrichment.providers.c2s import client as c2s
from enrichment.providers.errors import ProviderError, RateLimited, Withheld

# in shadow the other system said it: the broker is not to hear it from us too, once we speak
_TOLD = (MessageState.SENT, MessageState.SHADOW)
# A lead that we made and the CRM told us of before we knew its id is there twice, in one conversation.
_SAID = """
select m.*, m.sent_at > statement_timestamp() - make_interval(hours => %(recently)s) as is_recent from lead_messages m
where m.direction = 'out' and m.lead_id = any(array(
  select %(lead)s::uuid union select id from leads where crm_id = %(crm_id)s and crm_id <> ''))
order by m.sent_at, m.id
"""
_INTEND = f"""
with held as ({HOLD}), meant as (
  insert into lead_messages (id, lead_id, run_id, direction, state, sender, body, fingerprint, sent_at)
  select %(id)s, l.id, held.id, 'out', %(state)s, '', %(body)s, %(fingerprint)s, statement_timestamp()
  from held, leads l where l.id = %(lead)s and l.closed_at is null
  on conflict (run_id) where direction = 'out' do update set
    state = excluded.state, body = excluded.body, fingerprint = excluded.fingerprint, sent_at = excluded.sent_at
  returning id)
select exists (select from held), exists (select from meant)
"""  # noqa: S608  its parts are constants
# lost in a crash of the server it is looked up, as after any lost answer; the run's end keeps it too
_SENT = f"""
{WITHOUT_THE_DISK};
update lead_messages set state = 'sent', sent_at = statement_timestamp() where id = %(id)s
"""  # noqa: S608  its parts are constants


def message_deliver(*, run: Run, text: str, again: bool = False) -> bool:
    """True when the CRM has the message; False when the lead is closed, was told the same lately, or none is sent.

    `again`: somebody wants it said once more, though it was said lately.
    """
    if run.lead.source == Source.GOOGLE_ADS and not run.lead.crm_id and not is_shadow():
        return _bring_along(run, text, again)
    mark = fingerprint_of(text)
    said = _said_to(run.lead)
    own = next((message for message in said if message.run_id == run.pk), None)
    unsure = [m for m in said if m.state == MessageState.SENDING and (m is own or m.fingerprint == mark)]
    if unsure and run.lead.conversation_id:
        _look_up(run.lead, unsure, said)
    if own is not None and own.state == MessageState.SENT:
        return True
    told = any(m.state in _TOLD and m.fingerprint == mark and m.is_recent for m in said)  # type: ignore[attr-defined]
    intent = None if told and not again else _intend(run, own, text)
    if intent is None:
        _set_aside(own)
        return False
    if intent.state == MessageState.SHADOW:
        return False
    _send(run, intent)
    return True


def is_shadow() -> bool:
    """Whether another system speaks, and we only write down what we would have said."""
    return bool(settings.DELIVERY == "shadow")


def _bring_along(run: Run, text: str, again: bool) -> bool:
    """The CRM does not have the lead yet: the message comes with it, in its description."""
    own = LeadMessage.objects.filter(run=run, direction=Direction.OUT).first()
    intent = _intend(run, own, text)
    if intent is None:
        return False
    if not crm_lead_create(run.lead):
        raise Withheld(c2s.PROVIDER, "the lead is being created", retry_after=1.0)
    intent.refresh_from_db()
    return intent.state == MessageState.SENT or message_deliver(run=run, text=text, again=again)


def _said_to(lead: Lead) -> list[LeadMessage]:
    """What we said to the lead, or meant to say."""
    asked = {"lead": lead.pk, "crm_id": lead.crm_id, "recently": settings.RESEND_AFTER_HOURS}
    return list(LeadMessage.objects.raw(_SAID, asked))


def _look_up(lead: Lead, unsure: Iterable[LeadMessage], said: list[LeadMessage]) -> None:
    """What an earlier attempt may have said: it did when the CRM shows it more often than we know of."""
    shown = _bodies(lead)
    for intent in unsure:
        if sum(intent.fingerprint in body for body in shown) > _times_said(intent, said):
            _sent(intent)


def _bodies(lead: Lead) -> list[str]:
    card = c2s.lead_get(lead.conversation_id)
    if card is None:
        return []
    said = [said.body for said in card.messages]
    return said if card.description in said else [card.description, *said]


def _intend(run: Run, own: LeadMessage | None, text: str) -> LeadMessage | None:
    """The intent, in the statement that proves the run to be ours still; None where the lead is closed."""
    state = MessageState.SHADOW if is_shadow() else MessageState.SENDING
    intent = own or LeadMessage(lead=run.lead, run=run, direction=Direction.OUT)
    intent.state, intent.body, intent.fingerprint = state, text, fingerprint_of(text)
    told: dict[str, Any] = {"id": intent.pk, "lead": run.lead_id, "state": state, "body": text}
    told |= {"fingerprint": intent.fingerprint} | lease_of(run.pk, run.lease_owner)
    with connection.cursor() as cursor:
        cursor.execute(_INTEND, told)
        is_ours, is_meant = cursor.fetchone() or (False, False)
    if not is_ours:
        raise TakenOver
    return intent if is_meant else None


def _send(run: Run, intent: LeadMessage) -> None:
    try:
        c2s.message_create(run.lead.conversation_id, intent.body)
    except (RateLimited, Withheld):
        # nothing was said, so the next attempt need not look
        LeadMessage.objects.filter(pk=intent.pk).delete()
        raise
    except ProviderError as error:
        if not (error.maybe_done and _shows_anew(run, intent)):
            if error.permanent:
                _set_aside(intent)
            raise
    _sent(intent)


def _shows_anew(run: Run, intent: LeadMessage) -> bool:
    known = _times_said(intent, _said_to(run.lead))
    return sum(intent.fingerprint in body for body in _bodies(run.lead)) > known


def _times_said(intent: LeadMessage, said: Iterable[LeadMessage]) -> int:
    return sum(m.fingerprint == intent.fingerprint and m.state == MessageState.SENT for m in said)


def _set_aside(intent: LeadMessage | None) -> None:
    """Visible as not said."""
    if intent is not None:
        LeadMessage.objects.filter(pk=intent.pk).update(state=MessageState.FAILED)


def _sent(intent: LeadMessage) -> None:
    intent.state = MessageState.SENT
    with connection.cursor() as cursor:
        cursor.execute(_SENT, {"id": intent.pk})
    history_forget([intent.lead])
