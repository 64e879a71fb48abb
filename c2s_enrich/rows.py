"""Many rows in one statement: as one JSON document, which costs a tenth of binding every value by itself."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model

M = TypeVar("M", bound=Model)

SKIP_KNOWN = "on conflict do nothing"


def rows_insert(rows: Sequence[M], *, on_conflict: str = "", computed: Mapping[str, str] | None = None) -> set[Any]:
    """Store rows of one model; the primary keys of those that were written. `computed` is SQL, by column."""
    if not rows:
        return set()
    meta, key = rows[0]._meta, rows[0]._meta.pk
    assert key is not None
    fields = {str(field.column): field for field in meta.concrete_fields}
    selected = [(computed or {}).get(column, f'r."{column}"') for column in fields]
    told = [{column: field.pre_save(row, True) for column, field in fields.items()} for row in rows]
    # the names come from our own models
    query = (
        f'insert into "{meta.db_table}" ({_listed(fields)}) select {", ".join(selected)} '  # noqa: S608
        f'from jsonb_populate_recordset(null::"{meta.db_table}", %s::jsonb) r {on_conflict} '
        f'returning "{key.column}"'
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [json.dumps(told, default=_as_text)])
        return {written for (written,) in cursor.fetchall()}


def renewing(unique: str, columns: Sequence[str]) -> str:
    """What to do about a row that is there already: bring these columns up to date."""
    return f'on conflict ("{unique}") do update set ' + ", ".join(f'"{c}" = excluded."{c}"' for c in columns)


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _as_text(value: Any) -> str:
    match value:
        case datetime():
            return value.isoformat()
        case UUID() | Decimal():
            return str(value)
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")
