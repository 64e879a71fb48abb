"""Staff add, correct and remove an address of a party.

The place is shared by all who live there: another spelling of the same place is corrected for everybody,
another place is a move of this party alone.
"""

from uuid import UUID

from django.utils import timezone

from parties.editing.by_hand import by_hand
from parties.facts import AddressFact
from parties.filing.addresses import address_key
from parties.filing.places import place_key
from parties.filing.primaries import crown
from parties.filing.values import STAFF, value_pin, value_release
from parties.models import Address, Party, PartyAddress

_WRITTEN = ("street", "number", "complement", "neighborhood", "city", "state", "cep")


def address_save(
    *, party_id: UUID, place: AddressFact, replaces: UUID | None = None, is_primary: bool = False, by: str = ""
) -> PartyAddress:
    """What was corrected is pinned; the place that it was taken for does not come back."""
    told = {"source": STAFF, "seen_at": timezone.now()}
    with by_hand(party_id, by=by) as party:
        old = _link(party, replaces)
        address = _place(place, respelt=old.address if old else None)
        if old and old.address_id != address.pk:
            _remove(party, old)
        link = PartyAddress.objects.update_or_create(party=party, address=address, defaults=told)[0]
        (value_pin if old else value_release)(party, address_key(address.place_key))
        _crown(link, is_primary)
    return link


def address_remove(*, party_id: UUID, link_id: UUID, by: str = "") -> None:
    with by_hand(party_id, by=by) as party:
        if link := _link(party, link_id):
            _remove(party, link)


def _link(party: Party, link_id: UUID | None) -> PartyAddress | None:
    return PartyAddress.objects.filter(party=party, pk=link_id).select_related("address").first() if link_id else None


def _place(place: AddressFact, respelt: Address | None) -> Address:
    written = {name: getattr(place, name) for name in _WRITTEN}
    key = place_key(place)
    if respelt is None or key not in (respelt.place_key, place_key(respelt)):
        return Address.objects.get_or_create(place_key=key, defaults=written)[0]
    for name, value in written.items():
        setattr(respelt, name, value)
    respelt.save()
    return respelt


def _remove(party: Party, link: PartyAddress) -> None:
    """A pin keeps it from coming back; the key alone would not tell anybody which it was."""
    link.delete()
    value_pin(party, address_key(link.address.place_key), was=str(link.address))


def _crown(link: PartyAddress, is_primary: bool) -> None:
    theirs = PartyAddress.objects.filter(party=link.party_id)
    if is_primary:
        theirs.exclude(pk=link.pk).update(is_primary=False)
    elif theirs.exclude(pk=link.pk).exists():
        theirs.filter(pk=link.pk).update(is_primary=False)
    if not theirs.filter(is_primary=True).exists():
        latest = theirs.filter(pk__in=theirs.order_by("-seen_at").values("pk")[:1])
        crown(theirs.filter(pk=link.pk) if is_primary else latest)
