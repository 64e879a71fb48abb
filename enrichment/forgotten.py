"""Leads of people who asked to be forgotten: whatever door they come by, nothing of them is kept or asked."""

from collections.abc import Iterable, Mapping, Sequence

from c2s_enrich.privacy.suppression import CONTACT, CPF, LEAD, Named, digest_of, is_suppressed, suppressed_among
from enrichment.identity import Identity, identify
from enrichment.models import Lead
from enrichment.providers.c2s.schemas import LeadCard
from parties.identifiers import Email, Identifier, Phone

PREFIX = "erased-"


def erased_id(lead_id: str) -> str:
    """In place of an id that the CRM, or whoever brought the lead, would know it by; always the same for one lead."""
    return lead_id if lead_id.startswith(PREFIX) else PREFIX + digest_of(LEAD, lead_id)[:32]


def is_blank(lead: Lead) -> bool:
    return lead.lead_id.startswith(PREFIX)


def lead_is_forgotten(lead: Lead, identity: Identity) -> bool:
    return is_blank(lead) or bool(suppressed_among([*_names_of(lead), *_named(identity)]))


def lead_id_is_forgotten(lead_id: str) -> bool:
    return is_suppressed(LEAD, lead_id)


def forgotten_among(identifiers: Iterable[Identifier]) -> set[str]:
    """By value, in one query."""
    return {value for _, value in suppressed_among(name_of(identifier) for identifier in identifiers)}


def name_of(identifier: Identifier) -> Named:
    return (CONTACT if isinstance(identifier, Phone | Email) else CPF, identifier.value)


def cards_blanked(
    cards: Sequence[LeadCard], documents: Mapping[str, str], *, by_id_only: bool = False
) -> list[LeadCard]:
    """Those of forgotten people with nothing in them but an id that tells nothing; the others as they are.

    `by_id_only` spares new leads: a form that somebody filled in again is an order to be passed on.
    """
    named = [_of_card(card, documents.get(card.lead_id, ""), by_id_only) for card in cards]
    found = suppressed_among(name for names in named for name in names)
    return [_blank(card) if found & names else card for card, names in zip(cards, named, strict=True)]


def _blank(card: LeadCard) -> LeadCard:
    return LeadCard(lead_id=erased_id(card.lead_id), updated_at=card.updated_at, closed=card.closed)


def _of_card(card: LeadCard, document: str, by_id_only: bool) -> set[Named]:
    if card.lead_id.startswith(PREFIX):
        return set()
    theirs = identify(phones=[card.phone, card.phone2], email=card.email, document=document)
    second = identify(phones=[card.phone2]) if card.phone2 else Identity()
    told = set() if by_id_only else {*_named(theirs), *_named(second)}
    return {(LEAD, card.lead_id), *told}


def _names_of(lead: Lead) -> set[Named]:
    return {(LEAD, given) for given in (lead.lead_id, lead.crm_id) if given}


def _named(identity: Identity) -> set[Named]:
    given = [*identity.contacts, *([identity.cpf] if identity.cpf else [])]
    return {name_of(identifier) for identifier in given}
