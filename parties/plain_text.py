"""Upper case without accents as an index can hold it: PostgreSQL's `unaccent` is neither built in nor immutable."""

from django.db.models import CharField, Func, Value
from django.db.models.functions import Upper

_ACCENTED, _BARE = "ÀÁÂÃÄÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜ", "AAAAACEEEEIIIINOOOOOUUUU"


def plain(text: str | Value) -> Func:
    """Of a column's name, or of a value."""
    return Func(Upper(text), Value(_ACCENTED), Value(_BARE), function="translate", output_field=CharField())
