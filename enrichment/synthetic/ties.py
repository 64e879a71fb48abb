"""What people own, and which companies they belong to: most to one or two, a few to very many."""

from collections.abc import Iterator

from enrichment.synthetic.people import company_key, person_key
from enrichment.synthetic.world import World, key, shares

PLACES, OWNERSHIPS, RELATIONSHIPS = 6, 7, 8
# people of a company: the last one is the large employer
_STAFF = (1, 1, 2, 1, 0, 3, 1, 1, 2, 0, 1, 1, 2, 1, 1, 0, 2, 1, 1, 6)
_ROLES = (("partner", "Socio"), ("partner", "Socio-Administrador"), ("employee", "Empregado"), ("unknown", ""))


def property_rows(world: World) -> Iterator[str]:
    for number in range(world.counts.properties):
        dice, since = world.dice(number, 11), world.moment(number, world.counts.properties)
        area = 28 + (dice >> 8) % 300
        yield (
            f"{key(PLACES, since, number)}\t{world.scattered(number, 10)}\tRua das Acacias\t{1 + dice % 4000}"
            f"\tJardins\tSao Paulo\tSP\t04{(dice >> 24) % 10**6:06}\t{area}.00"
            f"\t{area * (2500 + (dice >> 40) % 9000)}.00\t{since}\n"
        )


def ownership_rows(world: World) -> Iterator[str]:
    """A second owner is of the same family; the first ones in the list own far more than the others."""
    counts = world.counts
    before, first_owner = -1, 0
    for number in range(counts.ownerships):
        place = number * counts.properties // counts.ownerships
        if place == before:
            owner = (first_owner + 1) % counts.people
        else:
            share = (world.dice(place, 12) & 0xFFFFFFFF) / 2**32
            owner = first_owner = int(counts.people * share * share**0.5)
        before = place
        since = world.moment(number, counts.ownerships)
        at = key(PLACES, world.moment(place, counts.properties), place)
        yield f"{key(OWNERSHIPS, since, number)}\t{at}\t{person_key(world, owner)}\t0.5000\t{since:%Y-%m-%d}\t0.90\n"


def relationship_rows(world: World) -> Iterator[str]:
    counts = world.counts
    serial = 0
    for company, staff in enumerate(shares(counts.relationships, counts.companies, _STAFF)):
        dice = world.dice(company, 13)
        for nth in range(staff):
            person = (dice + nth) % counts.people
            kind, role = _ROLES[(dice >> 40 + 2 * nth) & 3]
            since = world.moment(serial, counts.relationships)
            yield (
                f"{key(RELATIONSHIPS, since, serial)}\t{person_key(world, person)}\t{company_key(world, company)}"
                f"\t{kind}\t{role}\twork_api\t{since}\t{since}\n"
            )
            serial += 1
