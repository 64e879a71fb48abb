"""How names are folded for searching, and how far two of them speak of the same person."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from rapidfuzz.distance import OSA

from parties.name_words import (
    COMPANY_TAILS,
    HONORIFICS,
    NEVER_CALLED_BY,
    PARTICLES,
    SECOND_GIVEN,
    SHORT_FORMS,
    SUFFIXES,
)

LONGEST = 200

SAME, SOUNDS_ALIKE, TYPO_IN_GIVEN, TYPO_IN_SURNAME, INITIAL = 1.0, 0.95, 0.75, 0.7, 0.6
REARRANGED, SECOND_NAME_ONLY, NO_SURNAME, SINGLE_NAME = 0.85, 0.65, 0.65, 0.55
OTHER_SURNAME, OTHER_GIVEN, TOO_LITTLE, NEXT_TO_NOTHING = 0.4, 0.3, 0.45, 0.3
FEW_WORDS_CAP = 0.6
SUFFIX_MISSING, SUFFIX_DIFFERS = 0.9, 0.48

NOT_A_NAME = re.compile(r"@|https?:|www\.", re.IGNORECASE)
ASIDE = re.compile(r"\([^)]*\)?|(?<=\w)\s[-–—/]\s.*|\|.*|\bS[./]\s?A\b\.?", re.IGNORECASE | re.DOTALL)
APOSTROPHES = re.compile("['’‘`´]")
NO_WORD = re.compile("[^a-z0-9]+")

# Spellings that Brazilian ears do not tell apart: Thiago and Tiago, Souza and Sousa, Wagner and Vagner.
SOUNDS = [
    (re.compile(written), heard)
    for written, heard in [
        ("ph", "f"), ("th", "t"), ("c[hk]?(?=[rlk])|ck", "c"), ("ct", "t"), ("y", "i"), ("w", "v"),
        ("z", "s"), ("k", "c"), ("^h", ""), ("m$", "n"), (r"(.)\1+", r"\1"),
    ]
]  # fmt: skip


def folded(name: str) -> str:
    """Lower case, no accents, letters and digits with single spaces: the form that is stored and searched."""
    joined = APOSTROPHES.sub("", name)
    if joined.isascii():
        return " ".join(NO_WORD.sub(" ", joined.lower()).split())
    decomposed = _decomposed(_decomposed(joined))
    bare = (char for char in decomposed if not unicodedata.combining(char))
    return " ".join("".join(char if char.isalnum() else " " for char in bare).split())


def tokens(name: str) -> list[str]:
    """The words that say something about who it is, given name first; none for an e-mail or a number."""
    return list(_tokens(name))


# one name is compared with hundreds, and the hundreds are often called the same
@lru_cache(maxsize=2048)
def _tokens(name: str) -> tuple[str, ...]:
    if NOT_A_NAME.search(name):
        return ()
    words = re.sub(r"\d", "", folded(_surname_last(ASIDE.sub(" ", name[:LONGEST])))).split()
    return tuple(_trimmed([word for place, word in enumerate(words) if _counts(word, place)]))


def similarity(a: str, b: str) -> float:
    """0 to 1; from 0.5 on the two names may well be one person's."""
    # One fixed order makes the measure symmetric whatever the rules below do.
    one, other = sorted((tokens(a), tokens(b)))
    if not one:
        return 0.0
    if one == other and len(one) > 1:
        return SAME
    return round(_likeness(_Name.of(one), _Name.of(other)), 3)


@dataclass(frozen=True, slots=True)
class _Name:
    given: list[str]
    surnames: list[str]
    suffix: str | None

    @classmethod
    def of(cls, words: list[str]) -> Self:
        words = [SHORT_FORMS.get(word, word) for word in words]
        suffix = SUFFIXES.get(words[-1]) if len(words) > 1 else None
        core = words[:-1] if suffix else words
        split = next((i for i, word in enumerate(core) if i and word not in SECOND_GIVEN), len(core))
        return cls(core[:split], core[split:], suffix)

    @property
    def words(self) -> list[str]:
        return self.given + self.surnames


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())


def _surname_last(name: str) -> str:
    surname, comma, rest = name.partition(",")
    words = folded(rest).split()
    if not comma or all(word in SUFFIXES or word in COMPANY_TAILS for word in words):
        return name
    return f"{rest} {surname}"


def _counts(word: str, place: int) -> bool:
    # "E. Souza" begins with an initial, not with the particle "e".
    return word not in PARTICLES or (place == 0 and len(word) == 1)


def _trimmed(words: list[str]) -> list[str]:
    while len(words) > 1 and words[0] in HONORIFICS:
        words = words[1:]
    while len(words) > 1 and words[-1] in COMPANY_TAILS:
        words = words[:-1]
    return words


def _likeness(one: _Name, other: _Name) -> float:
    single = 1 in (len(one.words), len(other.words))
    score = _single(one, other) if single else _full(one, other)
    if one.suffix == other.suffix:
        return score
    if one.suffix and other.suffix:
        return score * SUFFIX_DIFFERS
    return score if single else score * SUFFIX_MISSING


def _single(one: _Name, other: _Name) -> float:
    if max(len(one.given[0]), len(other.given[0])) == 1:
        return 0.0
    if _alike(one.given[0], other.given[0], given=True) >= SOUNDS_ALIKE:
        return SINGLE_NAME
    shared = _pairs(one.words, other.words, least=SOUNDS_ALIKE)
    return NEXT_TO_NOTHING if shared else 0.0


def _full(one: _Name, other: _Name) -> float:
    given = _given_likeness(one.given, other.given)
    if not given:
        return _out_of_order(one.words, other.words)
    if not (one.surnames and other.surnames):
        shared = _pairs(one.words[1:], other.words[1:], least=SOUNDS_ALIKE)
        return NO_SURNAME if shared else TOO_LITTLE
    pairs = _pairs(one.surnames, other.surnames)
    if not pairs:
        return OTHER_SURNAME * given
    return _capped(given * _weighed(pairs, one.surnames, other.surnames), [given, *pairs])


def _weighed(pairs: list[float], one: list[str], other: list[str]) -> float:
    fewer, more = sorted((len(one), len(other)))
    return 0.55 + 0.3 * sum(pairs) / fewer + 0.15 * sum(pairs) / more


def _capped(score: float, evidence: list[float]) -> float:
    """Initials agree by chance: without two written-out words that match, the score stays low."""
    written_out = sum(weight > INITIAL for weight in evidence)
    return min(score, (NEXT_TO_NOTHING, FEW_WORDS_CAP, SAME)[min(written_out, 2)])


def _given_likeness(one: list[str], other: list[str]) -> float:
    first = _alike(one[0], other[0], given=True)
    if one[1:] and other[1:] and not _pairs(one[1:], other[1:], least=SOUNDS_ALIKE):
        return 0.0
    return first


def _out_of_order(one: list[str], other: list[str]) -> float:
    shorter, longer = sorted((one, other), key=len)
    if len(_pairs(shorter, longer, least=SOUNDS_ALIKE)) < len(shorter):
        return OTHER_GIVEN * len(_pairs(one, other)) / len(longer)
    if _pairs(longer[:1], shorter, least=SOUNDS_ALIKE):
        # "Silva, João" moves the surname; where it stays, the given names were swapped: Maria José and José Maria
        return OTHER_GIVEN if _alike(one[-1], other[-1]) >= SOUNDS_ALIKE else REARRANGED
    return OTHER_GIVEN if shorter[0] in NEVER_CALLED_BY else SECOND_NAME_ONLY


def _pairs(one: list[str], other: list[str], least: float = INITIAL) -> list[float]:
    """Each word with its best partner, no word used twice, the surest pairs first."""
    weights = sorted(
        ((_alike(a, b), i, j) for i, a in enumerate(one) for j, b in enumerate(other)), key=lambda w: -w[0]
    )
    chosen: list[float] = []
    left, right = set(range(len(one))), set(range(len(other)))
    for weight, i, j in weights:
        if weight >= least and i in left and j in right:
            chosen.append(weight)
            left.discard(i)
            right.discard(j)
    return chosen


def _alike(a: str, b: str, given: bool = False) -> float:
    if min(len(a), len(b)) == 1:
        return INITIAL if a[0] == b[0] else 0.0
    if a == b:
        return SAME
    if _sound(a) == _sound(b):
        return SOUNDS_ALIKE
    return _typo_in_given(a, b) if given else _typo_in_surname(a, b)


def _typo_in_given(a: str, b: str) -> float:
    # Paulo and Paula, Daniel and Daniela: one letter at the end makes a sister of a brother.
    same_stem = a.rstrip("aeo") == b.rstrip("aeo")
    short = min(len(a), len(b)) < 6
    return 0.0 if same_stem or short or OSA.distance(a, b) > 1 else TYPO_IN_GIVEN


def _typo_in_surname(a: str, b: str) -> float:
    shorter = min(len(a), len(b))
    allowed = (shorter >= 5) + (shorter >= 9)
    return TYPO_IN_SURNAME if OSA.distance(a, b) <= allowed else 0.0


@lru_cache(maxsize=1024)
def _sound(word: str) -> str:
    for written, heard in SOUNDS:
        word = written.sub(heard, word)
    return word
