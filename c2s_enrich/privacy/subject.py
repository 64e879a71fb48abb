"""Somebody whose data are asked for or erased, and how they may be recognised in any text."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

# how people write a number apart
_APART = r"[\s.()/-]{0,3}"


@dataclass(slots=True)
class Subject:
    """`values` are contacts in canonical form that are this person's alone; `ids` are keys of rows, by model."""

    cpf: str = ""
    values: set[str] = field(default_factory=set)
    # contacts that others have too: they go with the person's rows, and stay theirs
    shared: set[str] = field(default_factory=set)
    lead_ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    ids: dict[str, set[Any]] = field(default_factory=lambda: defaultdict(set))

    @property
    def identifiers(self) -> set[tuple[str, str]]:
        """What suppression goes by."""
        return {
            *((("cpf", self.cpf),) if self.cpf else ()),
            *(("contact", value) for value in self.values),
            *(("lead", lead_id) for lead_id in self.lead_ids),
        }

    @property
    def pattern(self) -> str:
        """Finds the CPF and the contacts however they are written; read alike by PostgreSQL and Python."""
        numbers = [_number(self.cpf)] if self.cpf else []
        return "|".join([*numbers, *(_address(v) if "@" in v else _phone(v) for v in sorted(self.values))])

    @property
    def name_pattern(self) -> str:
        """Any word of the names, where it is known from the rest that it is this person who is spoken of."""
        words = {word for name in self.names for word in re.findall(r"[^\W\d_]{3,}", name)}
        return rf"\m(?:{'|'.join(sorted(words))})\M" if words else ""


def _number(digits: str) -> str:
    """Leading zeros may have been lost."""
    kept = digits.lstrip("0")
    zeros = f"(?:0{_APART}){{0,{len(digits) - len(kept)}}}" if kept != digits else ""
    return rf"(?<![0-9]){zeros}{_APART.join(kept)}(?![0-9])"


def _phone(value: str) -> str:
    digits = value.removeprefix("+")
    if digits.startswith("55"):
        return rf"(?<![0-9])(?:55{_APART})?0?{_APART.join(digits[2:])}(?![0-9])"
    return rf"(?<![0-9]){_APART.join(digits)}(?![0-9])"


def _address(value: str) -> str:
    # without regard to case, in a spelling that no engine takes for a flag
    spelled = "".join(f"[{c}{c.upper()}]" if c.isascii() and c.isalpha() else re.escape(c) for c in value.lower())
    return rf"(?<![A-Za-z0-9._%+-]){spelled}(?![A-Za-z0-9])"
