"""What one enrichment says that an earlier one did not: values by their path, rows of lists as wholes."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

# what is written in capitals wherever it stands
_INITIALS = frozenset({"cbo", "cep", "cnae", "cnpj", "cpf", "ddd", "id", "irpf", "nis", "pis", "rg", "uf"})
_EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Difference:
    """`before` or `after` is None where there was nothing."""

    path: tuple[str, ...]
    before: Any = None
    after: Any = None

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def differences(older: Any, newer: Any, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    if isinstance(older, dict) or isinstance(newer, dict):
        before, after = (side if isinstance(side, dict) else {} for side in (older, newer))
        for key in dict.fromkeys([*before, *after]):
            yield from differences(before.get(key), after.get(key), (*path, key))
    elif isinstance(older, list) or isinstance(newer, list):
        yield from _rows(older, newer, path)
    elif older != newer and not (older in _EMPTY and newer in _EMPTY):
        yield Difference(path, None if older in _EMPTY else older, None if newer in _EMPTY else newer)


def readable_path(path: tuple[str, ...]) -> str:
    """`DadosBasicos.nomeMae` → `Dados basicos · nome mae`: the provider's own words, apart."""
    told = " · ".join(_words(part) for part in path)
    return told[:1].upper() + told[1:]


def readable_value(value: Any) -> str:
    if isinstance(value, dict):
        return " · ".join(readable_value(inner) for inner in value.values() if inner not in _EMPTY)
    if isinstance(value, list):
        return "; ".join(readable_value(inner) for inner in value)
    return str(value)


def _listed(side: Any) -> list[Any]:
    return [] if side in _EMPTY else side if isinstance(side, list) else [side]


def _rows(older: Any, newer: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    """Their order says nothing."""
    before, after = (Counter(json.dumps(row, sort_keys=True) for row in _listed(side)) for side in (older, newer))
    yield from (Difference(path, before=json.loads(row)) for row in (before - after).elements())
    yield from (Difference(path, after=json.loads(row)) for row in (after - before).elements())


def _words(name: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|_+", " ", name).lower().split()
    return " ".join(word.upper() if word in _INITIALS else word for word in words)
