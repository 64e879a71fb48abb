"""Leads of the last half year with one run each: many people come back, and most of the leads' people are on file."""

from collections.abc import Iterator
from datetime import timedelta

from enrichment.synthetic import reach
from enrichment.synthetic.people import Human, human, person_key
from enrichment.synthetic.world import LEADS_SINCE, World, key

LEADS, RUNS = 9, 10
_SELLERS = ("Corretora Modelo", "Corretor Exemplo", "Plantao da Lapa", "Equipe Jardins")
_PRODUCTS = ("Apartamento 3 quartos, Jardins", "Casa de vila, Lapa", "Studio, Centro", "Cobertura, Moinhos")
_ORIGINS = ("Portal", "Site", "Google Ads", "Indicacao")
# of a hundred runs: how they ended, and what that says
_ENDINGS = (
    *(("completed", "cache", "0.95", "t", "t", ""),) * 18,
    *(("completed", "database", "0.92", "t", "t", ""),) * 24,
    *(("completed", "provider", "0.93", "t", "t", ""),) * 31,
    *(("partial", "provider", "0.80", r"\N", "t", "missing: profile"),) * 5,
    *(("not_found", "provider", r"\N", r"\N", "f", "nobody is known behind these contacts"),) * 12,
    *(("needs_review", "provider", "0.45", "f", "t", "the name found differs from the lead's"),) * 5,
    *(("failed", "", r"\N", r"\N", "f", "work_api: unavailable"),) * 2,
    *(("skipped", "", r"\N", r"\N", "f", "no usable contact (none given)"),) * 3,
)


def lead_rows(world: World) -> Iterator[str]:
    for number in range(world.counts.leads):
        someone, dice = _customer(world, number), world.dice(number, 14)
        at = world.moment(number, world.counts.leads, LEADS_SINCE)
        phone = reach.mobile(world, someone.number)
        mail = reach.email(world, someone.number, someone.name) if dice & 7 else ""
        party = person_key(world, someone.number) if _ending(world, number)[2] != r"\N" else r"\N"
        lead_id = lead_id_of(number)
        yield (
            f"{_lead_key(world, number)}\t{lead_id}\t{lead_id}\tc2s\t{_as_typed(someone, dice)}"
            f"\t{phone[3:]}\t\t{mail}\t\t\t{phone}\t{mail}\t{_SELLERS[dice >> 8 & 3]}"
            f"\t{_PRODUCTS[dice >> 10 & 3]}\t{_ORIGINS[dice >> 12 & 3]}\tNovo\t{{}}\tf\t{party}\t{at}\t{at}\t{at}\n"
        )


def run_rows(world: World) -> Iterator[str]:
    for number in range(world.counts.leads):
        at = world.moment(number, world.counts.leads, LEADS_SINCE)
        state, tier, confidence, same_person, sent, why = _ending(world, number)
        took = timedelta(milliseconds=100 + 2600 * (tier == "provider") + world.dice(number, 15) % 900)
        yield (
            f"{key(RUNS, at, number)}\t{_lead_key(world, number)}\twebhook\t{state}\t{tier}\t{confidence}"
            f"\t{same_person}\t{sent}\t{why}\tf\t1\t\t\t{at}\t{at}\t{at + took}\n"
        )


def lead_id_of(number: int) -> str:
    return f"synthetic-{number:08d}"


def _lead_key(world: World, number: int) -> str:
    return key(LEADS, world.moment(number, world.counts.leads, LEADS_SINCE), number)


def _customer(world: World, number: int) -> Human:
    """Every fifth lead is of somebody who came before."""
    again = world.dice(number // 5, 16) if number % 5 == 0 else world.dice(number, 17)
    return human(world, again % world.counts.people)


def _ending(world: World, number: int) -> tuple[str, str, str, str, str, str]:
    return _ENDINGS[(world.dice(number, 14) >> 20) % len(_ENDINGS)]


def _as_typed(someone: Human, dice: int) -> str:
    """Hardly anybody types the whole name."""
    words = someone.name.split()
    return (someone.name, f"{words[0]} {words[-1]}", words[0], f"{words[0]} {words[-1]}".lower())[dice >> 16 & 3]
