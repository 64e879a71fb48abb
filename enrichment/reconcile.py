"""Leads whose webhook never came: ask C2S what changed since the last look, and take in what we miss."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from enrichment.conversation import heard_keep
from enrichment.delivery import is_shadow
from enrichment.forgotten import is_blank
from enrichment.identity import identify
from enrichment.intake import Arrival, crm_told_at, leads_take_in
from enrichment.models import Lead, Source, Trigger, Watermark
from enrichment.providers.c2s import client as c2s
from enrichment.providers.c2s.schemas import LeadCard
from enrichment.providers.errors import ProviderError

log = structlog.get_logger(__name__)

NAME = "reconcile"
# clocks differ and pages shift while we read: look back further than the last look
OVERLAP = timedelta(minutes=10)
FIRST_LOOK_BACK = timedelta(hours=24)
LONGEST = timedelta(minutes=10)


def reconcile_if_due() -> int:
    """How many leads were taken in; nothing while another process sweeps, or when it is not time yet."""
    if not settings.RECONCILE_MINUTES:
        return 0
    every = timedelta(minutes=settings.RECONCILE_MINUTES)
    return reconcile(not_before=every)


def reconcile(*, not_before: timedelta = timedelta(0)) -> int:
    began = _claim(not_before)
    if began is None:
        return 0
    since = Watermark.objects.values_list("at", flat=True).get(pk=NAME) or began - FIRST_LOOK_BACK
    try:
        taken = sum(_take_in(page) for page in c2s.leads_updated_since(since - OVERLAP))
    except ProviderError as error:
        # the watermark stays: the next sweep looks at the same span again, and soon
        log.warning("reconcile broke off", why=str(error))
        Watermark.objects.filter(pk=NAME).update(busy_until=None, last_began=None)
        return 0
    Watermark.objects.filter(pk=NAME).update(at=began, busy_until=None)
    if taken:
        log.warning("leads without a webhook taken in", leads=taken)
    return taken


def _claim(not_before: timedelta) -> datetime | None:
    """The database's time at which our sweep began; None when it is not ours to do."""
    Watermark.objects.bulk_create([Watermark(name=NAME)], ignore_conflicts=True)
    free = Q(busy_until=None) | Q(busy_until__lt=Now())
    due = Q(last_began=None) | Q(last_began__lte=Now() - not_before)
    claimed = Watermark.objects.filter(free, due, pk=NAME).update(last_began=Now(), busy_until=Now() + LONGEST)
    return Watermark.objects.values_list("last_began", flat=True).get(pk=NAME) if claimed else None


def _take_in(cards: Iterable[LeadCard]) -> int:
    page = list(cards)
    missed = [Arrival(card, closes=card.closed) for card in _missed(page)]
    leads_take_in(arrivals=missed, source=Source.C2S, trigger=Trigger.RECONCILE)
    if is_shadow():
        _hear(page)
    return len(missed)


def _hear(cards: Iterable[LeadCard]) -> None:
    """What the other system says of a lead is no news of the lead, and is what we are compared with."""
    said = {card.lead_id: card.messages for card in cards if card.messages}
    leads = [lead for lead in Lead.objects.filter(crm_id__in=said) if not is_blank(lead)]
    heard_keep([(lead, said[lead.crm_id]) for lead in leads])


def _missed(cards: list[LeadCard]) -> list[LeadCard]:
    """Leads we do not know, or know with another contact. Our own messages touch a lead too: no news."""
    known = {lead.crm_id: lead for lead in Lead.objects.filter(crm_id__in=[card.lead_id for card in cards])}
    return [card for card in cards if card.lead_id not in known or _is_news(known[card.lead_id], card)]


def _is_news(lead: Lead, card: LeadCard) -> bool:
    known_at = crm_told_at(lead)
    if known_at and card.updated_at and card.updated_at <= known_at:
        return False
    theirs = identify(phones=[card.phone, card.phone2], email=card.email)
    phone, email = (
        theirs.phone.value if theirs.phone else card.phone,
        theirs.email.value if theirs.email else card.email,
    )
    # a lead that we made was written in our spelling, and is no news in the CRM's
    pairs = (
        (card.name, lead.customer_name),
        (phone, lead.phone_value or lead.phone),
        (email, lead.email_value or lead.email),
    )
    return any(told and told != stored for told, stored in pairs) or card.closed != bool(lead.closed_at)
