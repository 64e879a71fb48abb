"""Contacts of a party: always added, never doubled; marks only go up; one primary per type."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from c2s_enrich.rows import SKIP_KNOWN, rows_store
from parties.facts import ContactFact
from parties.filing.primaries import crown
from parties.filing.values import pinned
from parties.identifiers import Email
from parties.models import ContactType, Party, PartyContact

_MARKS = ("contact_type", "is_verified", "confidence", "operator", "line_type")


@dataclass(frozen=True, slots=True)
class Merged:
    """What a party's contacts become: new ones, those whose marks went up, and the best of each family without one."""

    fresh: list[PartyContact]
    raised: list[PartyContact]
    best: list[PartyContact]

    @property
    def is_news(self) -> bool:
        return bool(self.fresh or self.raised or self.best)


def contacts_file(party: Party, facts: Iterable[ContactFact]) -> bool:
    """Whether anything was new. The party's row must be locked by the caller."""
    told = told_contacts(party, facts)
    if not told:
        return False
    on_file = [] if party.is_new else PartyContact.objects.filter(party=party).order_by("id")
    merged = contacts_merge(party, told, on_file)
    if party.is_new:
        _crown_at_once(merged.best)
    rows_store(merged.fresh, on_conflict=SKIP_KNOWN)
    _update(merged.raised)
    if not party.is_new:
        _crown(party, merged.best)
    return merged.is_news


def told_contacts(party: Party, facts: Iterable[ContactFact]) -> list[ContactFact]:
    """Without those that staff pinned, or removed."""
    return [fact for fact in facts if not pinned(party, contact_key(fact.identifier.value))]


def contacts_merge(party: Party, told: Sequence[ContactFact], on_file: Iterable[PartyContact]) -> Merged:
    """Nothing is written: whoever files one party, and whoever files thousands, does that each in its way."""
    known = {contact.value: contact for contact in on_file}
    before = {value: _marks(contact) for value, contact in known.items()}
    everyone = dict(known)
    for fact in told:
        _raise(everyone.setdefault(fact.identifier.value, _new(party, fact)), fact)
    fresh = [contact for value, contact in everyone.items() if value not in known]
    raised = [contact for value, contact in known.items() if _marks(contact) != before[value]]
    wished = {fact.identifier.value for fact in told if fact.primary}
    return Merged(fresh, raised, _uncrowned(party, list(everyone.values()), wished))


def contact_key(value: str) -> str:
    """What a pin on the contact's marks is filed under."""
    return f"contacts.{value}"


def _new(party: Party, fact: ContactFact) -> PartyContact:
    kind = ContactType.EMAIL if isinstance(fact.identifier, Email) else ContactType.PHONE
    return PartyContact(party=party, contact_type=kind, value=fact.identifier.value, source=fact.source)


def _raise(contact: PartyContact, fact: ContactFact) -> None:
    if fact.whatsapp and contact.contact_type == ContactType.PHONE:
        contact.contact_type = ContactType.WHATSAPP
    contact.is_verified = contact.is_verified or fact.verified
    if fact.confidence is not None:
        contact.confidence = max(fact.confidence, contact.confidence or Decimal(0))
    contact.operator = contact.operator or fact.operator
    contact.line_type = contact.line_type or fact.line_type


def _marks(contact: PartyContact) -> tuple[object, ...]:
    return tuple(getattr(contact, mark) for mark in _MARKS)


def _update(contacts: list[PartyContact]) -> None:
    now = timezone.now()
    for contact in contacts:
        contact.updated_at = now
    PartyContact.objects.bulk_update(contacts, [*_MARKS, "updated_at"])


def _uncrowned(party: Party, contacts: list[PartyContact], wished: set[str]) -> list[PartyContact]:
    """Of each family that has no primary yet the best of its members."""
    emails = [c for c in contacts if c.contact_type == ContactType.EMAIL]
    phones = [c for c in contacts if c.contact_type != ContactType.EMAIL]
    bare = [family for family in (emails, phones) if family and not any(c.is_primary for c in family)]
    return [_best(party, family, wished) for family in bare]


def _crown_at_once(contacts: list[PartyContact]) -> None:
    """Of a party that nobody else can see yet."""
    for contact in contacts:
        contact.is_primary = True


def _crown(party: Party, contacts: list[PartyContact]) -> None:
    for contact in contacts:
        crown(PartyContact.objects.filter(party=party, value=contact.value))


def _best(party: Party, family: list[PartyContact], wished: set[str]) -> PartyContact:
    def merits(contact: PartyContact) -> tuple[bool, bool, bool, Decimal]:
        free = not pinned(party, contact_key(contact.value))
        whatsapp = contact.contact_type == ContactType.WHATSAPP
        return free, contact.value in wished, whatsapp, contact.confidence or Decimal(0)

    return max(family, key=merits)
