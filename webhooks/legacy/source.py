"""The predecessor's database: only read, in chunks by key, every value as text, whatever its version calls it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import psycopg
from psycopg.rows import dict_row

Row = dict[str, str]
_NOTHING_OLDER = (
    "This database has the older layout (core.entities and its satellites), which this import does not read: "
    "let the predecessor's own migration bring it to core.parties first."
)
_NO_PARTIES = "There is no table core.parties: this is not the predecessor's database."
_OURS = "That is a database of this service itself, not the predecessor's."
_COLUMNS = """
select c.column_name, c.udt_name from information_schema.columns c
where c.table_schema || '.' || c.table_name = %s
"""
# an estimate is enough for a progress bar, and free
_ROWS = "select coalesce(greatest(reltuples, 0), 0)::bigint from pg_class where oid = to_regclass(%s)"


class CannotImport(Exception):
    """A sentence for whoever started the import."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Another table's row beside each row, by that table's key."""

    table: str
    key: str
    on: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read of a table `t`; a column as its versions call it, the best first: `t.full_name t.name`."""

    table: str
    key: str
    columns: Mapping[str, str]
    moments: str = "t.updated_at t.created_at"
    joined: Mapping[str, Joined] = field(default_factory=dict)
    # of the rows without a partner in this joined table, nothing else
    lonely: str = ""


class Source:
    def __init__(self, dsn: str) -> None:
        try:
            self._connection = psycopg.connect(dsn, autocommit=True, row_factory=dict_row, connect_timeout=10)
        except psycopg.Error as error:
            # the driver's own words may quote the address, and with it a password
            raise CannotImport(f"The predecessor's database does not answer ({type(error).__name__}).") from None
        self._execute("set default_transaction_read_only = on")
        self._execute("set timezone = 'UTC'")
        self._execute("set datestyle = 'ISO, YMD'")
        self._execute("set client_encoding = 'UTF8'")
        # each chunk looks up its few joined rows: merged, all of that table up to the chunk would be read every time
        self._execute("set enable_mergejoin = off")
        self._execute("set max_parallel_workers_per_gather = 0")
        self._known: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()

    @property
    def name(self) -> str:
        info = self._connection.info
        return f"{info.host}:{info.port}/{info.dbname}"[:200]

    def check(self) -> None:
        """Raises CannotImport for anything but the predecessor's layout."""
        if "place_key" in self._columns("public.addresses"):
            raise CannotImport(_OURS)
        if not self.has("core.parties"):
            raise CannotImport(_NOTHING_OLDER if self.has("core.entities") else _NO_PARTIES)

    def has(self, table: str) -> bool:
        return bool(self._columns(table))

    def count(self, wanted: Wanted) -> int:
        if wanted.lonely or not self.has(wanted.table):
            return 0
        return int(self._execute(_ROWS, [wanted.table])[0]["coalesce"])

    def chunk(self, wanted: Wanted, *, after: str, since: datetime | None, size: int) -> list[Row]:
        """The next rows by key, each with its `key`; with `since` those alone that are new or changed."""
        key, kind = self._key(wanted)
        conditions = [f"t.{key} > %(after)s::{kind}"] if after else []
        if wanted.lonely:
            conditions.append(f"{wanted.lonely}.{wanted.joined[wanted.lonely].key} is null")
        if since and (moments := self._found(wanted, wanted.moments)):
            conditions.append(f"coalesce(greatest({', '.join(moments)}), %(since)s) >= %(since)s")
        selected = [f"t.{key}::text as key", *(f"{self._as_text(wanted, c)} as {n}" for n, c in wanted.columns.items())]
        query = f"select {', '.join(selected)} from {wanted.table} t {self._joins(wanted)}"  # noqa: S608  names of ours
        where = f" where {' and '.join(conditions)}" if conditions else ""
        tail = f" order by t.{key} limit %(size)s"
        return self._execute(query + where + tail, {"after": after, "since": since, "size": size})

    def _key(self, wanted: Wanted) -> tuple[str, str]:
        columns = self._columns(wanted.table)
        key = next((name for name in wanted.key.split() if name in columns), "")
        if not key:
            raise CannotImport(f"{wanted.table} has no column {' or '.join(wanted.key.split())} to read it by.")
        return key, columns[key]

    def _as_text(self, wanted: Wanted, spelled: str) -> str:
        found = self._found(wanted, spelled)
        return f"coalesce({', '.join(f'''nullif({c}::text, '')''' for c in found)}, '')" if found else "''"

    def _found(self, wanted: Wanted, spelled: str) -> list[str]:
        tables = {"t": wanted.table} | {alias: joined.table for alias, joined in wanted.joined.items()}
        names = (name.partition(".") for name in spelled.split())
        return [f"{alias}.{column}" for alias, _, column in names if column in self._columns(tables[alias])]

    def _joins(self, wanted: Wanted) -> str:
        there = {alias: j for alias, j in wanted.joined.items() if self.has(j.table)}
        return " ".join(f"left join {j.table} {alias} on {alias}.{j.key} = t.{j.on}" for alias, j in there.items())

    def _columns(self, table: str) -> dict[str, str]:
        if table not in self._known:
            rows = self._execute(_COLUMNS, [table])
            self._known[table] = {row["column_name"]: row["udt_name"] for row in rows}
        return self._known[table]

    def _execute(self, query: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Any]:
        cursor = self._connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []
