"""Addresses: the same place written in two ways is one row, and one link per party."""

import hashlib

from parties.facts import AddressFact, PersonFacts
from parties.models import Address, Party, PartyAddress
from parties.names import folded


def addresses_file(party: Party, facts: PersonFacts) -> None:
    """The party's row must be locked by the caller."""
    told: dict[str, AddressFact] = {}
    for fact in facts.addresses:
        told.setdefault(place_key(fact), fact)
    if not told:
        return
    # sorted: two filings that share places insert them in the same order and cannot deadlock
    Address.objects.bulk_create([_row(key, told[key]) for key in sorted(told)], ignore_conflicts=True)
    ids = dict(Address.objects.filter(place_key__in=told).values_list("place_key", "pk"))
    has_primary = PartyAddress.objects.filter(party=party, is_primary=True).exists()
    links = [
        PartyAddress(party=party, address_id=ids[key], source=facts.source, is_primary=not has_primary and first)
        for key, first in zip(told, [True, *[False] * len(told)], strict=False)
    ]
    PartyAddress.objects.bulk_create(links, ignore_conflicts=True)


def place_key(fact: AddressFact) -> str:
    """Street, number, complement and town, folded; the CEP stands in for the town when there is one."""
    town = fact.cep or f"{folded(fact.city)}|{fact.state}"
    parts = (folded(fact.street), folded(fact.number), folded(fact.complement), town)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


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
