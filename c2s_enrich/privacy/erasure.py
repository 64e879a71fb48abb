"""Forgetting somebody: their rows by each table's own rule, and their identifiers wherever else they stand."""

from django.db import connection, transaction
from django.db.models import JSONField

from c2s_enrich import sealed_cache
from c2s_enrich.privacy.everywhere import Searched, search
from c2s_enrich.privacy.registry import Holding, derived, holdings
from c2s_enrich.privacy.subject import Subject

# a number may stand bare in JSON, where only a number may take its place
_IN_TEXT, _IN_JSON = "***", "0"


def erase(subject: Subject) -> dict[str, int]:
    """How many rows of each table were erased or purged. In the caller's transaction; the cache after it."""
    told = {holding.label: _erased(holding, subject) for holding in holdings()}
    # cached copies stand under relatives, firms and namesakes too: to forget all is one write, and costs no data
    transaction.on_commit(lambda: sealed_cache.sweep_out() and None, robust=True)
    return {label: count for label, count in told.items() if count}


def verified(subject: Subject) -> tuple[bool, Searched]:
    """Whether nothing of them is left, and how thoroughly that was looked for."""
    for one in derived():
        one.renew(subject)
    found = search(subject.pattern)
    found.left.update({one.name: left for one in derived() if (left := one.left())})
    return found.is_clean and (found.keys is not None or not sealed_cache.shared()), found


def _erased(holding: Holding, subject: Subject) -> int:
    # what goes with another row is gone with it
    erased = 0 if holding.goes_with else holding.erase(holding.rows(subject), subject)
    return erased + sum(_purged(holding, column, subject) for column in holding.scrub)


def _purged(holding: Holding, column: str, subject: Subject) -> int:
    """Rows about others in which the identifiers stood; there the name goes with them."""
    if not subject.pattern:
        return 0
    meta = holding.model._meta
    is_json = isinstance(meta.get_field(column), JSONField)
    stand_in, cast = (_IN_JSON, "::jsonb") if is_json else (_IN_TEXT, "")
    # the names are those of our own models; a pattern of nothing would match everywhere
    query = (
        f'update "{meta.db_table}" set "{column}" = regexp_replace(regexp_replace("{column}"::text, %s, %s, \'g\'), '  # noqa: S608
        f"%s, %s, 'gi'){cast} where \"{column}\"::text ~ %s"
    )
    with connection.cursor() as cursor:
        names = subject.name_pattern or r"(?!)"
        cursor.execute(query, [subject.pattern, stand_in, names, _IN_TEXT, subject.pattern])
        return cursor.rowcount
