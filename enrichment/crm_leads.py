"""Leads that the CRM gets from us: each created once, with the enrichment in its description if that came in time.

Creating is not idempotent. A row is the intent; whoever holds its lease makes the call, and after an answer that
got lost the CRM's newest leads are looked through before anything is created again.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.template.loader import render_to_string

from c2s_enrich.ids import uuid7
from enrichment.conversation import history_forget
from enrichment.identity import identify
from enrichment.message import tidy, within_limit
from enrichment.models import CreationState, CrmCreation, Direction, Lead, LeadMessage, MessageState
from enrichment.providers.c2s import client as c2s
from enrichment.providers.c2s.schemas import LeadCard
from enrichment.providers.errors import ProviderError, RateLimited, Rejected, Withheld

log = structlog.get_logger(__name__)

# our id of a lead that the CRM gets from us; it stands in the description, so that we know the lead again
PREFIX = "google-"
REFUSED_LEAD = "refused the lead"
_MARK = re.compile(rf"ref:({PREFIX}[0-9a-f]{{32}})")
# the broker should not wait longer for a lead than this, whatever the enrichment does
ENRICHMENT_MAY_TAKE = timedelta(seconds=30)
_LEASE = timedelta(seconds=90)
# clocks differ
_SLACK = timedelta(minutes=2)
_PAUSES = (5, 15, 30, 60, 300, 900, 3600)
# statuses that speak of the lead itself, not of our credentials or addresses; so many tries on, they are believed
_OF_THE_LEAD = (200, 400, 409, 413, 422)
_BELIEVED_AFTER = 5
_AT_ONCE = 20
_PAGES_AT_MOST = 20


def creations_order(leads: Iterable[Lead]) -> None:
    """Note that these leads are to be created, in the caller's transaction; in shadow another system creates them."""
    if settings.DELIVERY == "shadow":
        return
    due_at: Any = Now() + ENRICHMENT_MAY_TAKE
    CrmCreation.objects.bulk_create([CrmCreation(lead=lead, due_at=due_at) for lead in leads], ignore_conflicts=True)


def creation_hurry(lead: Lead) -> None:
    """Nothing more will come to put into the description."""
    waiting = CrmCreation.objects.filter(lead=lead, state=CreationState.WAITING, attempts=0)
    waiting.update(due_at=Now())


def creations_do_due() -> int:
    if settings.DELIVERY == "shadow":
        return 0
    done = 0
    due = CrmCreation.objects.select_related("lead").filter(_free(), due_at__lte=Now()).order_by("due_at")
    for creation in list(due[:_AT_ONCE]):
        try:
            done += crm_lead_create(creation.lead)
        except ProviderError as error:
            log.warning("lead not created in the CRM", lead=creation.lead.lead_id, why=str(error))
    return done


def crm_lead_create(lead: Lead) -> bool:
    """True when the CRM has the lead; False while somebody else is creating it. Provider errors are raised."""
    creation = _claim(lead)
    if creation is None:
        return _made_by_now(lead)
    try:
        crm_id = _found(creation) or _created(creation)
    except ProviderError as error:
        _give_back(creation, error)
        raise
    creation_settle(lead, crm_id)
    return True


@transaction.atomic
def creations_retry(leads: Iterable[Lead]) -> set[UUID]:
    """Somebody wants those that the CRM refused to be tried anew, with what was to be said; whose they are."""
    refused = CrmCreation.objects.select_for_update().filter(lead__in=list(leads), state=CreationState.REFUSED)
    ids = set(refused.values_list("lead_id", flat=True))
    _outgoing(ids).filter(state=MessageState.FAILED).update(state=MessageState.SENDING)
    due_at: Any = Now()
    CrmCreation.objects.filter(lead__in=ids).update(
        state=CreationState.WAITING, attempts=0, error="", due_at=due_at, lease_until=None
    )
    return ids


def marks_in(card: LeadCard) -> set[str]:
    """Our own ids that stand in what the CRM tells of a lead."""
    told = (card.description, *(said.body for said in card.messages))
    return {mark for text in told if PREFIX in text for mark in _MARK.findall(text)}


@transaction.atomic
def creation_settle(lead: Lead, crm_id: str) -> None:
    """The CRM has the lead: what stood in its description was said."""
    Lead.objects.filter(pk=lead.pk, crm_id="").update(crm_id=crm_id)
    lead.crm_id = crm_id
    creation = CrmCreation.objects.select_for_update().filter(lead=lead).first()
    if creation is None or creation.state == CreationState.CREATED:
        return
    if creation.carries is not None:
        carried = LeadMessage.objects.filter(pk=creation.carries.pk, state=MessageState.SENDING)
        carried.update(state=MessageState.SENT, sent_at=Now())
    history_forget([lead])
    CrmCreation.objects.filter(pk=lead.pk).update(
        state=CreationState.CREATED, error="", lease_until=None, unsure_since=None
    )
    log.info("lead created in the CRM", lead=lead.lead_id, attempts=creation.attempts)


def _free() -> Q:
    abandoned = Q(state=CreationState.CREATING, lease_until__lt=Now())
    return Q(state=CreationState.WAITING) | abandoned


def _claim(lead: Lead) -> CrmCreation | None:
    """The creation, now ours. One whose last owner died may have had its effect."""
    owner = uuid7().hex
    CrmCreation.objects.filter(
        lead=lead, state=CreationState.CREATING, lease_until__lt=Now(), unsure_since=None
    ).update(unsure_since=F("lease_until") - _LEASE)
    claimed = CrmCreation.objects.filter(_free(), lead=lead).update(
        state=CreationState.CREATING, attempts=F("attempts") + 1, lease_until=Now() + _LEASE, lease_owner=owner
    )
    return CrmCreation.objects.select_related("lead").get(lead=lead) if claimed else None


def _made_by_now(lead: Lead) -> bool:
    lead.refresh_from_db(fields=["crm_id"])
    if not lead.crm_id and CrmCreation.objects.filter(lead=lead, state=CreationState.REFUSED).exists():
        _outgoing([lead.pk]).filter(state=MessageState.SENDING).update(state=MessageState.FAILED)
        raise Rejected(c2s.PROVIDER, REFUSED_LEAD)
    return bool(lead.crm_id)


def _outgoing(leads: Iterable[UUID]) -> QuerySet[LeadMessage]:
    return LeadMessage.objects.filter(lead__in=list(leads), direction=Direction.OUT)


def _is_believed(creation: CrmCreation, error: ProviderError) -> bool:
    return isinstance(error, Rejected) and error.status in _OF_THE_LEAD and creation.attempts >= _BELIEVED_AFTER


@transaction.atomic
def _end(creation: CrmCreation, error: ProviderError) -> None:
    """Staff see it on the lead's page, and may have it tried again."""
    ours = CrmCreation.objects.filter(pk=creation.pk, lease_owner=creation.lease_owner)
    if ours.update(state=CreationState.REFUSED, lease_until=None, error=str(error)[:300]):
        _outgoing([creation.pk]).filter(state=MessageState.SENDING).update(state=MessageState.FAILED)


def _give_back(creation: CrmCreation, error: ProviderError) -> None:
    if _is_believed(creation, error):
        _end(creation, error)
        return
    pause: float = _PAUSES[min(creation.attempts, len(_PAUSES)) - 1]
    if isinstance(error, RateLimited | Withheld) and error.retry_after is not None:
        pause = error.retry_after
    CrmCreation.objects.filter(pk=creation.pk, lease_owner=creation.lease_owner).update(
        state=CreationState.WAITING, lease_until=None, due_at=Now() + timedelta(seconds=pause), error=str(error)[:300]
    )


def _created(creation: CrmCreation) -> str:
    message = (
        LeadMessage.objects.filter(lead=creation.lead, direction=Direction.OUT, state=MessageState.SENDING)
        .order_by("-id")
        .first()
    )
    CrmCreation.objects.filter(pk=creation.pk).update(carries=message)
    try:
        return c2s.lead_create(_attributes(creation.lead, message.body if message else ""))
    except ProviderError as error:
        if not error.maybe_done:
            raise
        CrmCreation.objects.filter(pk=creation.pk, unsure_since=None).update(unsure_since=F("lease_until") - _LEASE)
        creation.refresh_from_db()
        if not (crm_id := _found(creation)):
            raise
        return crm_id


def _attributes(lead: Lead, text: str) -> dict[str, Any]:
    told = {
        "name": lead.customer_name,
        "phone": lead.phone_value or lead.phone,
        "email": lead.email_value or lead.email,
        "description": description_of(lead, text),
        "source": lead.lead_source,
        "product": lead.product,
        "type_negotiation": "Compra",
    }
    return {name: value for name, value in told.items() if value}


def description_of(lead: Lead, text: str) -> str:
    """What the form told, the enrichment, and last of all the mark by which we know the lead again."""
    head = tidy(render_to_string("enrichment/lead_form.txt", {"details": lead.details}))
    mark = f"ref:{lead.lead_id}"
    return within_limit("\n\n".join(part for part in (head, text) if part), mark)


def _found(creation: CrmCreation) -> str:
    """The CRM's id of the lead, should an earlier call have made it after all."""
    since = creation.unsure_since
    if since is None:
        return ""
    pages = islice(c2s.leads_updated_since(since - _SLACK), _PAGES_AT_MOST)
    cards = [card for page in pages for card in page]
    marked = [card.lead_id for card in cards if creation.lead.lead_id in marks_in(card)]
    return next(iter(marked or _of_the_same_contact(creation.lead, cards, since)), "")


def _of_the_same_contact(lead: Lead, cards: list[LeadCard], since: datetime) -> list[str]:
    """For a CRM that changes descriptions: leads of the same phone or e-mail that we have not known for longer."""
    alike = [card.lead_id for card in cards if _is_alike(lead, card)]
    known = set(Lead.objects.filter(crm_id__in=alike, received_at__lt=since).values_list("crm_id", flat=True))
    return [crm_id for crm_id in alike if crm_id not in known]


def _is_alike(lead: Lead, card: LeadCard) -> bool:
    theirs = identify(phones=[card.phone, card.phone2], email=card.email)
    same_phone = theirs.phone is not None and theirs.phone.value == lead.phone_value
    return same_phone or (theirs.email is not None and theirs.email.value == lead.email_value)
