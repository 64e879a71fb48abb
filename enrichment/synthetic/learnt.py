"""What was bought about people: minimised profiles as large as real ones, and the finances read from them."""

import json
from collections.abc import Iterator

from enrichment.providers.work_api.schemas import Profile, as_stored, minimised
from enrichment.sandbox.person import made_up, some_cpf
from enrichment.sandbox.work_profile import profile_of
from enrichment.synthetic.people import cpf, enrichments_each, human, person_key
from enrichment.synthetic.world import World, key

ENRICHMENTS = 5
_TEMPLATES = 256
_NAME, _CPF = "@name@", "@cpf@"
_BANDS = (
    ("BAIXO", 980, 0, 1630),
    ("MEDIO", 2856, 1630, 4082),
    ("ALTO", 6541, 4083, 9000),
    ("MUITO ALTO", 17000, 9001, 25000),
)


def enrichment_rows(world: World) -> Iterator[str]:
    templates = [_template(number) for number in range(_TEMPLATES)]
    serial = 0
    for number, times in enumerate(enrichments_each(world)):
        someone = human(world, number)
        for _ in range(times):
            at = world.moment(serial, world.counts.enrichments)
            profile = templates[someone.dice % _TEMPLATES].replace(_NAME, someone.name.upper())
            yield (
                f"{key(ENRICHMENTS, at, serial)}\t{person_key(world, number)}\twork_api"
                f"\t{profile.replace(_CPF, cpf(world, number))}\t{at}\n"
            )
            serial += 1


def finance_rows(world: World) -> Iterator[str]:
    for number, times in enumerate(enrichments_each(world)):
        if times:
            dice = world.dice(number, 10)
            power, income, least, most = _BANDS[dice & 3]
            score = 120 + (dice >> 8) % 860
            risk = "BAIXO" if score > 600 else "MEDIO" if score > 350 else "ALTO"
            at = world.moment(number, world.counts.people)
            yield (
                f"{person_key(world, number)}\t{income}.00\t{income * 1.9:.2f}\t{least}.00\t{most}.00\t{power}\t{score}"
                f"\t{risk}\tCLASSE MEDIA URBANA\twork_api\t{at}\n"
            )


def _template(number: int) -> str:
    """A made-up profile as the provider's answer would be stored, whose name and CPF can be filled in."""
    person = made_up(some_cpf(f"synthetic/{number}"))
    stored = as_stored(minimised(Profile, profile_of(person)))
    stored["DadosBasicos"] |= {"nome": _NAME, "cpf": _CPF}
    text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\\", "\\\\")
