"""Contacts of a party: always added, never doubled; marks only go up; one primary per type."""

from collections.abc import Iterable
from decimal import Decimal

from parties.facts import ContactFact
from parties.identifiers import Email
from parties.models import ContactType, Party, PartyContact


def contacts_file(party: Party, facts: Iterable[ContactFact]) -> None:
    """The party's row must be locked by the caller."""
    told = _once_each(facts)
    known = {contact.value: contact for contact in PartyContact.objects.filter(party=party)}
    fresh = [_new(party, fact) for value, fact in told.items() if value not in known]
    raised = [known[value] for value, fact in told.items() if value in known and _raise(known[value], fact)]
    wished = {value for value, fact in told.items() if fact.primary}
    everyone = [*known.values(), *fresh]
    crowned = [c for family in (_emails(everyone), _phones(everyone)) if (c := _crown(family, wished))]
    PartyContact.objects.bulk_create(fresh, ignore_conflicts=True)
    PartyContact.objects.bulk_update(
        {c.pk: c for c in [*raised, *crowned] if c not in fresh}.values(),
        ["contact_type", "is_verified", "is_primary", "confidence", "operator", "line_type"],
    )


def _once_each(facts: Iterable[ContactFact]) -> dict[str, ContactFact]:
    told: dict[str, ContactFact] = {}
    for fact in facts:
        told.setdefault(fact.identifier.value, fact)
    return told


def _new(party: Party, fact: ContactFact) -> PartyContact:
    return PartyContact(
        party=party,
        contact_type=_type(fact),
        value=fact.identifier.value,
        is_verified=fact.verified,
        source=fact.source,
        confidence=fact.confidence,
        operator=fact.operator,
        line_type=fact.line_type,
    )


def _type(fact: ContactFact) -> ContactType:
    if isinstance(fact.identifier, Email):
        return ContactType.EMAIL
    return ContactType.WHATSAPP if fact.whatsapp else ContactType.PHONE


def _raise(known: PartyContact, fact: ContactFact) -> bool:
    """Whether the fact raised any mark of the contact."""
    before = (known.contact_type, known.is_verified, known.confidence, known.operator, known.line_type)
    if fact.whatsapp and known.contact_type == ContactType.PHONE:
        known.contact_type = ContactType.WHATSAPP
    known.is_verified = known.is_verified or fact.verified
    if fact.confidence is not None:
        known.confidence = max(fact.confidence, known.confidence or Decimal(0))
    known.operator = known.operator or fact.operator
    known.line_type = known.line_type or fact.line_type
    return before != (
        known.contact_type,
        known.is_verified,
        known.confidence,
        known.operator,
        known.line_type,
    )


def _crown(family: list[PartyContact], wished: set[str]) -> PartyContact | None:
    """The contact that becomes primary, if there is none yet."""
    if not family or any(contact.is_primary for contact in family):
        return None
    best = max(family, key=lambda c: (c.value in wished, c.contact_type == "whatsapp", c.confidence or 0))
    best.is_primary = True
    return best


def _emails(contacts: list[PartyContact]) -> list[PartyContact]:
    return [c for c in contacts if c.contact_type == ContactType.EMAIL]


def _phones(contacts: list[PartyContact]) -> list[PartyContact]:
    return [c for c in contacts if c.contact_type != ContactType.EMAIL]
