"""Phones as Brazilians write them, kept as E.164."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Self

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from parties.refusals import Identifier, Reason, Refused, plain_text

BRAZIL = "BR"
COUNTRY_CODE = "55"
LONGEST_NATIONAL = 11
LONGEST_E164 = 15
FEWEST_DIGITS = 8

NATIONAL = re.compile(r"[1-9]{2}(?:9[0-9]{8}|[2-5][0-9]{7})")
OLD_MOBILE = re.compile(r"([1-9]{2})([6-9][0-9]{7})")
# the last group has four digits, in mobiles of old as in those of today
ONE_SHORT = re.compile(r"(?<![0-9])[0-9]{4,5}[\s.–-]+[0-9]{3}[^0-9]*$")
SERVICE = re.compile(r"(?:[3589]00|303)[0-9]{7}|800[0-9]{6}")

# The library's own patterns, asked directly: its way to them costs ten times as much.
_METADATA: Any = PhoneMetadata.metadata_for_region(BRAZIL)
ISSUED = re.compile(
    "|".join(f"(?:{kind.national_number_pattern})" for kind in (_METADATA.mobile, _METADATA.fixed_line))
)

# A lead often types two numbers, or an extension, into one box: the first number counts.
NEXT_NUMBER = re.compile(r"[;|\n]|\b(?:ramal|ext|ou|e)\b", re.IGNORECASE)
TIGHT_NEXT_NUMBER = re.compile(r"[,/]")
# Letters between digits mean a code or a spreadsheet's 5.51E+12, except the x of "0xx11".
INTERRUPTED = re.compile(r"[0-9][a-wyz]+\+?[0-9]|@", re.IGNORECASE)

REASONS: dict[int, Reason] = {
    NumberParseException.INVALID_COUNTRY_CODE: "unknown_country",
    NumberParseException.TOO_LONG: "too_long",
}

# E.164 and region code
Reading = tuple[str, str]


@dataclass(frozen=True, slots=True, repr=False)
class Phone(Identifier):
    """`value` is E.164, `country` a region code ("001" for numbers that belong to no country)."""

    value: str
    country: str
    # a digit was added to it: whose number it then is must be confirmed otherwise
    is_corrected: bool = field(default=False, compare=False)

    @classmethod
    def parse(cls, text: object) -> Self | Refused:
        plain = plain_text(text)
        if isinstance(plain, Refused):
            return plain
        read = _read(_first_number(_ascii_digits(plain)))
        if isinstance(read, Refused):
            return read
        return cls(*read, is_corrected=read[0][-9:] not in re.sub(r"\D", "", _ascii_digits(plain)))

    @property
    def is_foreign(self) -> bool:
        return self.country != BRAZIL

    @property
    def national(self) -> str | None:
        """Area code and subscriber; None abroad, where the same digits would be another person's here."""
        return None if self.is_foreign else self.value[3:]

    @property
    def ddd(self) -> str | None:
        return None if self.is_foreign else self.value[3:5]

    @property
    def subscriber(self) -> str | None:
        return None if self.is_foreign else self.value[5:]

    @property
    def is_mobile(self) -> bool:
        if self.subscriber:
            return len(self.subscriber) == 9
        return phonenumbers.number_type(self._number()) == PhoneNumberType.MOBILE

    @property
    def masked(self) -> str:
        if self.subscriber:
            return f"({self.ddd}) {'*' * (len(self.subscriber) - 4)}-**{self.value[-2:]}"
        code = f"+{self._number().country_code}"
        return f"{code} {'*' * (len(self.value) - len(code) - 2)}{self.value[-2:]}"

    @property
    def formatted(self) -> str:
        if self.subscriber:
            return f"({self.ddd}) {self.subscriber[:-4]}-{self.subscriber[-4:]}"
        return phonenumbers.format_number(self._number(), PhoneNumberFormat.INTERNATIONAL)

    def _number(self) -> PhoneNumber:
        return phonenumbers.parse(self.value)


def _ascii_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


def _digits(text: str) -> str:
    return "".join(re.findall("[0-9]+", text))


def _first_number(text: str) -> str:
    text = _first_part(text, NEXT_NUMBER)
    return _first_part(text, TIGHT_NEXT_NUMBER) if len(_digits(text)) > LONGEST_E164 else text


def _first_part(text: str, separator: re.Pattern[str]) -> str:
    parts = separator.split(text)
    return next((part for part in parts if len(_digits(part)) >= FEWEST_DIGITS), text)


def _read(text: str) -> Reading | Refused:
    digits = _digits(text)
    bare = digits.lstrip("0")
    if not bare or INTERRUPTED.search(text):
        return Refused("not_a_number")
    if not (digits.startswith("00") or "+" in text.partition(digits[0])[0]):
        return _brazilian(_without_prefixes(digits), text)
    if bare.startswith(COUNTRY_CODE):
        return _brazilian(_without_prefixes(bare[2:]), text)
    # whatever the digits would be here: with another country's code they are somebody's there
    return _by_library(bare)


def _without_prefixes(digits: str) -> str:
    """Takes off country code, trunk zero and carrier; eleven digits that begin with 55 are an area code."""
    bare = digits.lstrip("0")
    if len(bare) > LONGEST_NATIONAL and bare.startswith(COUNTRY_CODE):
        return _without_prefixes(bare[2:])
    carrier = digits.startswith("0") and len(bare) in (12, 13)
    return bare[2:] if carrier else bare


def _brazilian(national: str, written: str) -> Reading | Refused:
    if old := OLD_MOBILE.fullmatch(national):
        if ONE_SHORT.search(written):
            return Refused("too_short")
        national = f"{old[1]}9{old[2]}"
    if NATIONAL.fullmatch(national) and ISSUED.fullmatch(national):
        return f"+{COUNTRY_CODE}{national}", BRAZIL
    return Refused(_why_not(national))


def _why_not(national: str) -> Reason:
    if len(national) < FEWEST_DIGITS:
        return "too_short"
    if len(national) > LONGEST_NATIONAL:
        return "too_long"
    if SERVICE.fullmatch(national):
        return "service_number"
    return "no_area_code" if len(national) < 10 else "invalid_number"


def _by_library(digits: str) -> Reading | Refused:
    if len(digits) > LONGEST_E164:
        return Refused("too_long")
    try:
        number = phonenumbers.parse(f"+{digits}")
    except NumberParseException as error:
        return Refused(REASONS.get(error.error_type, "too_short"))
    country = phonenumbers.region_code_for_number(number)
    if country is None or not phonenumbers.is_valid_number(number):
        return Refused("invalid_number")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164), country
