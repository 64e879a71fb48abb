"""Many rows in one statement: as one JSON document, which costs a tenth of binding every value by itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import reduce
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
from django.db import connection
from django.db.models import AutoField, JSONField, Model
from django.utils import timezone

M = TypeVar("M", bound=Model)

_together: ContextVar[list[tuple[str, str]] | None] = ContextVar("rows_together", default=None)

SKIP_KNOWN = "on conflict do nothing"


def rows_insert(rows: Sequence[M], *, on_conflict: str = "", computed: Mapping[str, str] | None = None) -> set[Any]:
    """Store rows of one model; the primary keys of those that were written. `computed` is SQL, by column."""
    if not rows:
        return set()
    query, told = _inserting(rows, on_conflict, computed or {})
    with connection.cursor() as cursor:
        cursor.execute(query, [told])
        return {written for (written,) in cursor.fetchall()}


def rows_store(rows: Sequence[Model], *, on_conflict: str = "") -> None:
    """The same where nobody asks which were written: within `rows_together` they wait for the others."""
    waiting = _together.get()
    if waiting is None:
        rows_insert(rows, on_conflict=on_conflict)
    elif rows:
        waiting.append(_inserting(rows, on_conflict, {}))


@contextmanager
def rows_together() -> Iterator[None]:
    """What is stored within goes to the database at the end, in the order it came and in one trip."""
    waiting: list[tuple[str, str]] = []
    token = _together.set(waiting)
    try:
        yield
    finally:
        _together.reset(token)
    if waiting:
        with connection.cursor() as cursor:
            cursor.execute(";".join(query for query, _ in waiting), [told for _, told in waiting])


def _inserting(rows: Sequence[Model], on_conflict: str, computed: Mapping[str, str]) -> tuple[str, str]:
    meta, key = rows[0]._meta, rows[0]._meta.pk
    assert key is not None
    # what the database numbers by itself is left to it
    fields = {str(field.column): field for field in meta.concrete_fields if not isinstance(field, AutoField)}
    selected = [computed.get(column, f'r."{column}"') for column in fields]
    told = [{column: field.pre_save(row, True) for column, field in fields.items()} for row in rows]
    # the names come from our own models
    query = (
        f'insert into "{meta.db_table}" ({_listed(fields)}) select {", ".join(selected)} '  # noqa: S608
        f'from jsonb_populate_recordset(null::"{meta.db_table}", %s::jsonb) r {on_conflict} '
        f'returning "{key.column}"'
    )
    return query, msgspec.json.encode(told).decode()


def columns_of(model: type[Model], alias: str) -> str:
    """As `row_read` wants them."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


def row_read(model: type[M], values: Sequence[Any]) -> M:
    """All columns of one row, in the model's order, as the ORM would have read them."""
    fields = model._meta.concrete_fields
    told = [
        reduce(lambda value, convert: convert(value, None, connection), field.get_db_converters(connection), value)
        for field, value in zip(fields, values, strict=True)
    ]
    return model.from_db(connection.alias, [field.attname for field in fields], told)


def rows_copy(rows: Sequence[M]) -> None:
    """New rows of one model by COPY, the quickest way there is; one that is there already is an error."""
    if not rows:
        return
    meta, now = rows[0]._meta, timezone.now()
    fields = [field for field in meta.concrete_fields if not isinstance(field, AutoField)]
    values = attrgetter(*(field.attname for field in fields))
    dated = [
        at for at, field in enumerate(fields) if getattr(field, "auto_now", 0) or getattr(field, "auto_now_add", 0)
    ]
    as_json = [at for at, field in enumerate(fields) if isinstance(field, JSONField)]
    columns = _listed(str(field.column) for field in fields)
    with connection.cursor() as cursor, cursor.copy(f'copy "{meta.db_table}" ({columns}) from stdin') as copy:
        for row in rows:
            told = list(values(row))
            for at in dated:
                told[at] = now
            for at in as_json:
                told[at] = msgspec.json.encode(told[at]).decode()
            copy.write_row(told)


def _dates_itself(field: Any) -> bool:
    return getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)


def renewing(*unique: str, columns: Sequence[str]) -> str:
    """What to do about a row that is there already: bring these columns up to date."""
    return f"on conflict ({_listed(unique)}) do update set " + ", ".join(f'"{c}" = excluded."{c}"' for c in columns)


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
