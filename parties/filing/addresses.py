"""Addresses: the same place written in two ways is one row, and one link per party."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from c2s_enrich.rows import SKIP_KNOWN, rows_insert, rows_store
from parties.facts import AddressFact, PersonFacts, Told
from parties.filing.places import Place, place_key, place_without_cep
from parties.filing.primaries import crown
from parties.filing.values import pinned
from parties.models import Address, Party, PartyAddress

SEEN = ("address", "source", "seen_at")


@dataclass(frozen=True, slots=True)
class Seen:
    """A party's links to the places that were told of; `best` is to be the primary one where there is none."""

    fresh: list[PartyAddress]
    known: list[PartyAddress]
    best: PartyAddress | None


def addresses_file(party: Party, facts: PersonFacts) -> None:
    """The party's row must be locked by the caller."""
    links = [] if party.is_new else _links(party)
    told = told_places(party, facts.addresses, links)
    if not told:
        return
    seen = addresses_merge(party, told, links, places_made(told), facts)
    if seen.best and party.is_new:
        seen.best.is_primary = True
    PartyAddress.objects.bulk_update(seen.known, SEEN)
    rows_store(seen.fresh, on_conflict=SKIP_KNOWN)
    if seen.best and not party.is_new:
        crown(PartyAddress.objects.filter(party=party, address=seen.best.address_id))


def addresses_merge(
    party: Party, told: Mapping[str, AddressFact], links: Sequence[PartyAddress], ids: Mapping[str, UUID], facts: Told
) -> Seen:
    """Nothing is written."""
    by_key = {link.address.place_key: link for link in links}
    vague = {place_without_cep(link.address): link for link in links if not link.address.cep}
    current = []
    for key, fact in told.items():
        link = by_key.get(key) or vague.pop(place_without_cep(fact), None) or PartyAddress(party=party)
        _see(link, ids[key], facts)
        current.append(link)
    fresh = [link for link in current if link._state.adding]
    known = [link for link in current if not link._state.adding]
    return Seen(fresh, known, None if any(link.is_primary for link in links) else current[0])


def _links(party: Party) -> list[PartyAddress]:
    return list(PartyAddress.objects.filter(party=party).select_related("address").order_by("id"))


def address_key(place_key: str) -> str:
    """What a pin on the party's link to this place is filed under."""
    return f"addresses.{place_key}"


def told_places(party: Party, facts: Sequence[AddressFact], links: Sequence[PartyAddress]) -> dict[str, AddressFact]:
    """Each place once; one told without its CEP is left out where it is known with it."""
    places: list[Place] = [*facts, *(link.address for link in links)]
    full = {place_without_cep(place) for place in places if place.cep}
    told: dict[str, AddressFact] = {}
    for fact in facts:
        key = place_key(fact)
        if (fact.cep or place_without_cep(fact) not in full) and not pinned(party, address_key(key)):
            told.setdefault(key, fact)
    return told


def places_made(told: Mapping[str, AddressFact]) -> dict[str, UUID]:
    # sorted: two filings that share places insert them in the same order and cannot deadlock
    rows = [_row(key, told[key]) for key in sorted(told)]
    written = rows_insert(rows, on_conflict=SKIP_KNOWN)
    ids = {row.place_key: row.pk for row in rows if row.pk in written}
    if known := told.keys() - ids.keys():
        ids |= dict(Address.objects.filter(place_key__in=known).values_list("place_key", "pk"))
    return ids


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


def _see(link: PartyAddress, address_id: UUID, facts: Told) -> None:
    fresh = link._state.adding
    link.address_id = address_id
    if fresh or link.seen_at <= facts.told_at:
        link.source, link.seen_at = facts.source, facts.told_at
