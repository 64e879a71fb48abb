"""Staff add, correct and remove a phone or an e-mail of a party."""

from typing import Any
from uuid import UUID

from parties.editing.by_hand import by_hand, refuse_forgotten
from parties.filing.contacts import contact_key
from parties.filing.primaries import crown
from parties.filing.values import STAFF, value_pin, value_release
from parties.identifiers import Email, Phone
from parties.models import ContactType, Party, PartyContact

PHONES = (ContactType.PHONE, ContactType.WHATSAPP)


def contact_save(
    *,
    party_id: UUID,
    contact: Phone | Email,
    replaces: UUID | None = None,
    is_whatsapp: bool = False,
    is_verified: bool = True,
    is_primary: bool = False,
    by: str = "",
) -> PartyContact:
    """What was corrected is pinned as it stands now; a number that became another one does not come back.

    Raises PersonSuppressed where the contact is of somebody who was forgotten.
    """
    refuse_forgotten(contact)
    kind = ContactType.WHATSAPP if is_whatsapp else ContactType.PHONE
    marks: dict[str, Any] = {
        "contact_type": ContactType.EMAIL if isinstance(contact, Email) else kind,
        "is_verified": is_verified,
        "source": STAFF,
    }
    with by_hand(party_id, by=by) as party:
        old = PartyContact.objects.filter(party=party, pk=replaces).first() if replaces else None
        if old and old.value != contact.value:
            _remove(party, old)
        row = PartyContact.objects.update_or_create(party=party, value=contact.value, defaults=marks)[0]
        (value_pin if old else value_release)(party, contact_key(contact.value))
        _crown(row, is_primary)
    return row


def contact_remove(*, party_id: UUID, contact_id: UUID, by: str = "") -> None:
    with by_hand(party_id, by=by) as party:
        for row in PartyContact.objects.filter(party=party, pk=contact_id):
            _remove(party, row)


def _remove(party: Party, row: PartyContact) -> None:
    """A pin keeps it from coming back with the next enrichment."""
    row.delete()
    value_pin(party, contact_key(row.value))


def _crown(row: PartyContact, is_primary: bool) -> None:
    """One of each family is primary: the chosen one, or whichever is there where none is."""
    family = [ContactType.EMAIL] if row.contact_type == ContactType.EMAIL else PHONES
    theirs = PartyContact.objects.filter(party=row.party_id, contact_type__in=family)
    mine = theirs.filter(pk=row.pk)
    if is_primary:
        theirs.exclude(pk=row.pk).update(is_primary=False)
    elif theirs.exclude(pk=row.pk).exists():
        mine.update(is_primary=False)
    first = mine if is_primary else theirs.filter(pk__in=theirs.order_by("-confidence", "pk").values("pk")[:1])
    if not theirs.filter(is_primary=True).exists():
        crown(first)
