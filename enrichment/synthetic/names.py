"""Names with the skew of real ones: a few are everybody's, most are rare."""

from collections.abc import Sequence

from enrichment.sandbox.vocabulary import FAMILIES, MEN, WOMEN

_PLACES = 4096
_BEGINNINGS = [
    "Ade",
    "Alci",
    "Auri",
    "Cle",
    "Dil",
    "Edi",
    "Eli",
    "Fran",
    "Gil",
    "Iva",
    "Jo",
    "Ju",
    "Lau",
    "Lu",
    "Mar",
    "Nei",
    "Ode",
    "Ro",
    "Ru",
    "Sil",
    "Val",
    "Wal",
    "Zil",
]
_ENDINGS = [
    "cilda",
    "clei",
    "demar",
    "dete",
    "dilson",
    "gleide",
    "lene",
    "lva",
    "mara",
    "maria",
    "mario",
    "meire",
    "nalva",
    "neide",
    "nete",
    "nildo",
    "valdo",
    "van",
]
_GROWN = [
    "Bandeira",
    "Bezerra",
    "Bittencourt",
    "Cavalcanti",
    "Coutinho",
    "Fontes",
    "Galvao",
    "Leitao",
    "Magalhaes",
    "Meireles",
    "Paiva",
    "Prado",
]
_PARTICLES = ("", "", "", "", "da ", "de ", "dos ", "")
_TRADES = (
    "Comercio de Alimentos", "Construtora", "Incorporadora", "Imoveis", "Transportes", "Consultoria", "Engenharia",
    "Advogados Associados", "Clinica Medica", "Padaria", "Auto Pecas", "Confeccoes", "Tecnologia", "Participacoes",
)  # fmt: skip
_FORMS = ("Ltda", "Ltda", "Ltda", "ME", "ME", "EPP", "SA")


def _drawn_from(words: Sequence[str]) -> tuple[str, ...]:
    """A table to pick from blindly: the n-th word stands in it in proportion to 1/n."""
    ranks = range(1, len(words) + 1)
    harmonic = sum(1 / rank for rank in ranks)
    table = [word for word, rank in zip(words, ranks, strict=True) for _ in range(round(_PLACES / harmonic / rank))]
    return tuple((table + list(words))[:_PLACES]) + (words[0],) * max(0, _PLACES - len(table) - len(words))


_RARE = [begin + end for end in _ENDINGS for begin in _BEGINNINGS]
_COMMON = [name.title() for pair in zip(("MARIA", *WOMEN), (*MEN, "RAIMUNDO"), strict=True) for name in pair]
_GIVEN = _drawn_from([*_COMMON, *_RARE])
_SURNAMES = _drawn_from(["Silva", "Santos", "Oliveira", *(f.title() for f in FAMILIES), *_GROWN])


def family_name(dice: int) -> str:
    return _PARTICLES[dice & 7] + _SURNAMES[dice >> 3 & 4095]


def person_name(dice: int, family: str) -> str:
    """Given name, in a third of all cases a second one, the mother's family, the father's."""
    second = " " + _GIVEN[dice >> 12 & 4095] if dice >> 48 & 3 == 0 else ""
    return f"{_GIVEN[dice & 4095]}{second} {_SURNAMES[dice >> 24 & 4095]} {family}"


def company_name(dice: int) -> tuple[str, str]:
    """Legal and trade name."""
    trade = f"{_SURNAMES[dice & 4095]} {_TRADES[(dice >> 12 & 255) % len(_TRADES)]}"
    return f"{trade} {_FORMS[(dice >> 32) % len(_FORMS)]}", trade
