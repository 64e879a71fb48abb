"""A search over every table and every Redis key, whoever wrote there: what proves that somebody was forgotten."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import connection
from redis import Redis

from c2s_enrich import sealed_cache

# materialised views besides tables, in whichever schema they stand: what is only looked through holds nothing
_COLUMNS = """
select (case when n.nspname = current_schema() then '' else n.nspname || '.' end) || c.relname,
  array_agg(a.attname::text order by a.attnum)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where (c.relkind in ('r', 'p') and n.nspname = current_schema() or c.relkind = 'm' and c.relispopulated
    and has_table_privilege(c.oid, 'select'))
  and a.atttypid in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'json'::regtype,
    'jsonb'::regtype, 'text[]'::regtype, 'varchar[]'::regtype, 'jsonb[]'::regtype)
group by 1 order by 1
"""


@dataclass(frozen=True, slots=True)
class Searched:
    """`left` tells where something was found: how many rows per `table.column`, how many keys of Redis."""

    tables: int
    columns: int
    # None where there is no Redis, or it could not be asked
    keys: int | None
    left: dict[str, int]

    @property
    def is_clean(self) -> bool:
        return not self.left

    def as_json(self) -> dict[str, Any]:
        return {"tables": self.tables, "columns": self.columns, "keys": self.keys, "left": self.left}


def search(pattern: str) -> Searched:
    columns = text_columns()
    left: dict[str, int] = {}
    for table, names in columns.items() if pattern else ():
        left |= _in_table(table, names, pattern)
    nothing: tuple[int | None, int] = (None, 0)
    keys, found = sealed_cache.in_redis(lambda redis: _in_redis(redis, pattern), nothing)
    if found:
        left["redis"] = found
    return Searched(len(columns), sum(map(len, columns.values())), keys, left)


def text_columns() -> dict[str, list[str]]:
    """Every column that can hold words, by table; also of tables that are none of ours."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        return dict(cursor.fetchall())


def _in_table(table: str, names: list[str], pattern: str) -> dict[str, int]:
    counts = ", ".join(f'count(*) filter (where "{name}"::text ~ %s)' for name in names)
    with connection.cursor() as cursor:
        # the names come from the database's own catalogue
        cursor.execute(f"select {counts} from {_quoted(table)}", [pattern] * len(names))  # noqa: S608
        found = cursor.fetchone()
    return {f"{table}.{name}": count for name, count in zip(names, found, strict=True) if count}


def _quoted(table: str) -> str:
    return ".".join(f'"{part}"' for part in table.split("."))


def _in_redis(redis: Redis, pattern: str) -> tuple[int | None, int]:
    """How many keys there are, and in how many of them it stands, sealed ones included."""
    finds, seen = re.compile(pattern) if pattern else None, Counter[bool]()
    for key, told in sealed_cache.everything(redis):
        seen[finds is not None and bool(finds.search(key) or finds.search(told))] += 1
    return seen.total(), seen[True]
