"""CPF and CNPJ, both text: a CPF may begin with zeros and a CNPJ may hold letters."""

import re
from dataclasses import dataclass
from typing import Self

from validate_docbr import CNPJ as CNPJRules
from validate_docbr import CPF as CPFRules

from parties.refusals import Identifier, Refused, plain_text

CPF_LENGTH = 11
CNPJ_LENGTH = 14

CPF_RULES = CPFRules()
CNPJ_RULES = CNPJRules()

# "CPF 529…" must lose its label first: three letters and eleven digits would look like a CNPJ.
LABEL = re.compile(r"\s*(?:CPF/CNPJ|CPF|CNPJ)(?:\s*N[Oº°.]*)?[\s:.\-]+", re.IGNORECASE)
CNPJ_SHAPE = re.compile(r"[0-9A-Z]{12}[0-9]{2}")


@dataclass(frozen=True, slots=True, repr=False)
class CPF(Identifier):
    value: str

    @classmethod
    def parse(cls, text: object) -> Self | Refused:
        digits = _characters(text)
        return digits if isinstance(digits, Refused) else cls._checked(digits)

    @classmethod
    def pad(cls, text: object) -> Self | Refused:
        """For providers that send a CPF as a number and so lose its leading zeros."""
        digits = _characters(text)
        return digits if isinstance(digits, Refused) else cls._checked(digits.zfill(CPF_LENGTH))

    @classmethod
    def _checked(cls, digits: str) -> Self | Refused:
        if not digits.isdecimal():
            return Refused("not_a_number")
        if wrong := _wrong_length(digits, CPF_LENGTH) or _repeated(digits):
            return wrong
        return cls(digits) if CPF_RULES.validate(digits) else Refused("check_digits")

    @property
    def masked(self) -> str:
        """Two more digits would follow from six: the check digits tell."""
        return f"***.{self.value[3:6]}.***-**"

    @property
    def formatted(self) -> str:
        return f"{self.value[:3]}.{self.value[3:6]}.{self.value[6:9]}-{self.value[9:]}"


@dataclass(frozen=True, slots=True, repr=False)
class CNPJ(Identifier):
    value: str

    @classmethod
    def parse(cls, text: object) -> Self | Refused:
        characters = _characters(text)
        return characters if isinstance(characters, Refused) else cls._checked(characters)

    @classmethod
    def _checked(cls, characters: str) -> Self | Refused:
        if wrong := _wrong_length(characters, CNPJ_LENGTH) or _repeated(characters):
            return wrong
        if not CNPJ_SHAPE.fullmatch(characters):
            return Refused("not_a_number")
        return cls(characters) if CNPJ_RULES.validate(characters) else Refused("check_digits")

    @property
    def masked(self) -> str:
        return f"**.{self.value[2:5]}.{self.value[5:8]}/****-**"

    @property
    def formatted(self) -> str:
        root, branch, check = self.value[:8], self.value[8:12], self.value[12:]
        return f"{root[:2]}.{root[2:5]}.{root[5:]}/{branch}-{check}"


def document(text: object) -> CPF | CNPJ | Refused:
    """A person's or a company's number; fourteen characters make it a company's."""
    characters = _characters(text)
    if isinstance(characters, Refused):
        return characters
    return (CNPJ if len(characters) == CNPJ_LENGTH else CPF)._checked(characters)


def _characters(raw: object) -> str | Refused:
    text = plain_text(raw)
    if isinstance(text, Refused):
        return text
    upper = LABEL.sub("", text, count=1).upper() if LABEL.match(text) else text.upper()
    # Punctuation may go; a foreign letter or digit may not vanish and leave a different number behind.
    if not upper.isascii() and any(char.isalnum() and not char.isascii() for char in upper):
        return Refused("not_a_number")
    return re.sub(r"[^0-9A-Z]", "", upper) or Refused("not_a_number")


def _wrong_length(characters: str, length: int) -> Refused | None:
    if len(characters) == length:
        return None
    return Refused("too_short" if len(characters) < length else "too_long")


def _repeated(characters: str) -> Refused | None:
    return Refused("repeated_digits") if len(set(characters)) == 1 else None
