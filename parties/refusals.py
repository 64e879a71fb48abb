"""What every identifier shares: how raw input becomes text, and how a refusal is told."""

import unicodedata
from dataclasses import dataclass
from typing import Literal, get_args

Reason = Literal[
    "empty", "not_text", "too_long", "too_short", "not_a_number", "repeated_digits", "check_digits",
    "no_area_code", "invalid_number", "service_number", "unknown_country",
    "no_at_sign", "no_domain", "bad_local_part", "bad_domain",
]  # fmt: skip
REASONS: tuple[Reason, ...] = get_args(Reason)

SENTENCES: dict[Reason, str] = {
    "empty": "Nothing was given.",
    "not_text": "This is neither text nor a whole number.",
    "too_long": "This is longer than it may be.",
    "too_short": "This is shorter than it must be.",
    "not_a_number": "This does not read as a number of its kind.",
    "repeated_digits": "One character repeated is never issued as a number.",
    "check_digits": "The check digits do not fit.",
    "no_area_code": "The phone has no area code.",
    "invalid_number": "No phone can have this number.",
    "service_number": "This is a service line (0800 and the like), not someone's phone.",
    "unknown_country": "No country has this calling code.",
    "no_at_sign": "The e-mail has no @.",
    "no_domain": "The e-mail has nothing after the @.",
    "bad_local_part": "The part before the @ is not well formed.",
    "bad_domain": "The domain of the e-mail is not well formed.",
}

LONGEST = 512
INVISIBLE = {"Cc", "Cf"}
# Fillers and variation selectors print as nothing although Unicode files them under letters and marks.
BLANKS = frozenset("\u034f\u115f\u1160\u3164\ufe0e\ufe0f\uffa0")


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an input is not an identifier. It never carries the input."""

    reason: Reason

    @property
    def sentence(self) -> str:
        return SENTENCES[self.reason]


class Identifier:
    """Shows itself masked, so that a log line or a traceback gives nobody away."""

    __slots__ = ()
    value: str

    @property
    def masked(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.masked}>"


def plain_text(raw: object) -> str | Refused:
    """The input as visible, compatibility-folded text, whatever was passed in."""
    if raw is None:
        return Refused("empty")
    if isinstance(raw, int):
        raw = _digits_of(raw)
    if not isinstance(raw, str):
        return Refused("not_text")
    if len(raw) > LONGEST:
        return Refused("too_long")
    return _visible(raw) or Refused("empty")


def _digits_of(number: int) -> str | None:
    # The bound comes first: Python itself refuses to spell out an integer of many thousand digits.
    if isinstance(number, bool) or not 0 <= number < 10**40:
        return None
    return str(number)


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text.strip()
    folded = unicodedata.normalize("NFKC", "".join(char for char in text if _shows(char)))
    return "".join(char for char in folded if _shows(char)).strip()


def _shows(char: str) -> bool:
    return char.isspace() or (unicodedata.category(char) not in INVISIBLE and char not in BLANKS)
