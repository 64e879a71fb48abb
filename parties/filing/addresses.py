"""Addresses: the same place written in two ways is one row, and one link per party."""

from uuid import UUID

from parties.facts import AddressFact, PersonFacts
from parties.filing.places import Place, place_key, place_without_cep
from parties.filing.primaries import crown
from parties.filing.values import pinned
from parties.models import Address, Party, PartyAddress

_SEEN = ("address", "source", "seen_at")


def addresses_file(party: Party, facts: PersonFacts) -> None:
    """The party's row must be locked by the caller."""
    links = [] if party.is_new else _links(party)
    told = _told(party, facts, [link.address for link in links])
    if not told:
        return
    ids = _places(told)
    by_key = {link.address.place_key: link for link in links}
    vague = {place_without_cep(link.address): link for link in links if not link.address.cep}
    current = []
    for key, fact in told.items():
        link = by_key.get(key) or vague.pop(place_without_cep(fact), None) or PartyAddress(party=party)
        _see(link, ids[key], facts)
        current.append(link)
    fresh = [link for link in current if link._state.adding]
    current[0].is_primary = current[0].is_primary or party.is_new
    PartyAddress.objects.bulk_update([link for link in current if not link._state.adding], _SEEN)
    PartyAddress.objects.bulk_create(fresh, ignore_conflicts=True)
    if not any(link.is_primary for link in [*links, *fresh]):
        crown(PartyAddress.objects.filter(party=party, address=current[0].address_id))


def _links(party: Party) -> list[PartyAddress]:
    return list(PartyAddress.objects.filter(party=party).select_related("address").order_by("id"))


def address_key(place_key: str) -> str:
    """What a pin on the party's link to this place is filed under."""
    return f"addresses.{place_key}"


def _told(party: Party, facts: PersonFacts, known: list[Address]) -> dict[str, AddressFact]:
    """Each place once; one told without its CEP is left out where it is known with it."""
    places: list[Place] = [*facts.addresses, *known]
    full = {place_without_cep(place) for place in places if place.cep}
    told: dict[str, AddressFact] = {}
    for fact in facts.addresses:
        key = place_key(fact)
        if (fact.cep or place_without_cep(fact) not in full) and not pinned(party, address_key(key)):
            told.setdefault(key, fact)
    return told


def _places(told: dict[str, AddressFact]) -> dict[str, UUID]:
    # sorted: two filings that share places insert them in the same order and cannot deadlock
    Address.objects.bulk_create([_row(key, told[key]) for key in sorted(told)], ignore_conflicts=True)
    return dict(Address.objects.filter(place_key__in=told).values_list("place_key", "pk"))


def _row(key: str, fact: AddressFact) -> Address:
    return Address(
        place_key=key,
        street=fact.street,
        number=fact.number,
        complement=fact.complement,
        neighborhood=fact.neighborhood,
        city=fact.city,
        state=fact.state,
        cep=fact.cep,
    )


def _see(link: PartyAddress, address_id: UUID, facts: PersonFacts) -> None:
    fresh = link._state.adding
    link.address_id = address_id
    if fresh or link.seen_at <= facts.told_at:
        link.source, link.seen_at = facts.source, facts.told_at
