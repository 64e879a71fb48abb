"""Text as an index can hold it, without accents: PostgreSQL's `unaccent` is neither built in nor immutable."""

from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import CharField, Func, Value
from django.db.models.functions import Upper

_ACCENTED, _BARE = "ÀÁÂÃÄÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜ", "AAAAACEEEEIIIINOOOOOUUUU"
# an apostrophe joins what stands around it, as `names.folded` has it
_APOSTROPHES = "'’‘`´"


def plain(text: Any) -> Func:
    """In upper case; of a column's name, or of a value."""
    return Func(Upper(text), Value(_ACCENTED), Value(_BARE), function="translate", output_field=CharField())


def plain_words(column: str) -> SearchVector:
    """The words of a name as somebody typed it, for PostgreSQL's full-text index."""
    composed = Func(column, function="normalize", template="%(function)s(%(expressions)s, NFKC)")
    joined = Func(composed, Value(_APOSTROPHES), Value(""), function="translate", output_field=CharField())
    spaced = Func(plain(joined), Value("[^[:alnum:]]+"), Value(" "), Value("g"), function="regexp_replace")
    return SearchVector(spaced, config="simple")


def name_word(place: int) -> Func:
    """A word of a party's folded name: its first one is 1, its last one -1."""
    return Func("folded_name", Value(" "), Value(place), function="split_part", output_field=CharField())


def digits_of(column: str) -> Func:
    return Func(column, Value("[^0-9]"), Value(""), Value("g"), function="regexp_replace", output_field=CharField())
