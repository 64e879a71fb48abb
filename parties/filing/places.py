"""Whether two spellings are one place: `R DAS ACACIAS 120` is `Rua das Acácias, 120`."""

import hashlib
import re
from typing import Protocol

from parties.names import folded


class Place(Protocol):
    """An address as told or as filed."""

    @property
    def street(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def complement(self) -> str: ...
    @property
    def city(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def cep(self) -> str: ...


# read so as the first word only: elsewhere an R or an AL is an initial
_STREETS = {
    "r": "rua", "av": "avenida", "ave": "avenida", "aven": "avenida", "al": "alameda", "tv": "travessa",
    "tr": "travessa", "trav": "travessa", "pc": "praca", "pca": "praca", "pra": "praca", "lg": "largo",
    "lgo": "largo", "rod": "rodovia", "est": "estrada", "estr": "estrada", "lad": "ladeira", "bc": "beco",
    "vl": "vila", "vd": "viaduto", "pq": "parque", "pque": "parque", "jd": "jardim", "qd": "quadra",
}  # fmt: skip
_WORDS = {
    "dr": "doutor", "dra": "doutora", "prof": "professor", "profa": "professora", "eng": "engenheiro",
    "cel": "coronel", "gal": "general", "gen": "general", "mal": "marechal", "brig": "brigadeiro",
    "cap": "capitao", "maj": "major", "ten": "tenente", "sgt": "sargento", "pres": "presidente",
    "sen": "senador", "dep": "deputado", "gov": "governador", "ver": "vereador", "des": "desembargador",
    "pe": "padre", "mons": "monsenhor", "sta": "santa", "sto": "santo", "com": "comendador",
    "ap": "apartamento", "apt": "apartamento", "apto": "apartamento", "bl": "bloco", "cj": "conjunto",
    "conj": "conjunto", "sl": "sala", "lj": "loja", "cs": "casa", "ed": "edificio", "cond": "condominio",
    "qd": "quadra", "lt": "lote", "fds": "fundos", "and": "andar",
}  # fmt: skip
# some sources leave them out
_PARTICLES = {"de", "da", "do", "das", "dos", "e"}
_NUMBER_SIGN = re.compile(r"\b(?:n|no|nr|nro|num|numero) (?=\d)")
_NO_NUMBER = re.compile(r"\b(?:s n|sn|sem numero)\b")
_UNIT_APART = re.compile(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z]{2})")


def place_key(place: Place) -> str:
    """One place, one key; the CEP tells apart streets of one name in one town, where there is one."""
    return hashlib.sha256(f"{_spot(place)}|{place.cep or _town(place)}".encode()).hexdigest()


def place_without_cep(place: Place) -> str:
    """The same for a place told with its CEP and without."""
    return f"{_spot(place)}|{_town(place)}"


def _spot(place: Place) -> str:
    number = "" if place.number.strip("0 ") == "" else place.number
    told = folded(f"{place.street} {number} {place.complement}")
    told = _UNIT_APART.sub(" ", _NUMBER_SIGN.sub("", _NO_NUMBER.sub("", told)))
    first, *rest = told.split() or [""]
    words = [_STREETS.get(first, _WORDS.get(first, first)), *(_WORDS.get(word, word) for word in rest)]
    return " ".join(word.lstrip("0") or "0" if word.isdecimal() else word for word in words if word not in _PARTICLES)


def _town(place: Place) -> str:
    return f"{folded(place.city)}|{place.state.lower()}"
