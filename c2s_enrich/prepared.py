"""A large statement is planned once per connection: planning one takes PostgreSQL longer than answering it."""

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings
from django.db import DatabaseError, connections
from psycopg.errors import DuplicatePreparedStatement, InvalidSqlStatementName

log = structlog.get_logger(__name__)

# by connection to the server: the names that it knows
_held: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
# a pooler that shares out its own connections anew for each transaction, and was not announced by DB_LISTEN_URL
_in_vain = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One with a single parameter, `$1`: with a list PostgreSQL would not believe a plan that it made for all."""

    name: str
    kind: str
    text: str


def rows_of(statement: Statement, value: Any, *, using: str) -> list[Any]:
    """Planned anew in a transaction, which an unknown name would spoil, and behind a pooler."""
    if _in_vain or _is_pooled() or connections[using].in_atomic_block:
        return _planned_anew(statement, value, using)
    try:
        return _from_plan(statement, value, using)
    except DatabaseError as error:
        if not isinstance(error.__cause__, DuplicatePreparedStatement | InvalidSqlStatementName):
            raise
        _give_up()
        return _planned_anew(statement, value, using)


def _from_plan(statement: Statement, value: Any, using: str) -> list[Any]:
    with connections[using].cursor() as cursor:
        held = _held.setdefault(connections[using].connection, set())
        if statement.name not in held:
            cursor.execute(f"prepare {statement.name} ({statement.kind}) as {statement.text}")
            held.add(statement.name)
        # the names are our own
        cursor.execute(f"execute {statement.name} (%s)", [value])
        return cursor.fetchall()


def _planned_anew(statement: Statement, value: Any, using: str) -> list[Any]:
    with connections[using].cursor() as cursor:
        cursor.execute(statement.text.replace("$1", f"%s::{statement.kind}"), [value])
        return cursor.fetchall()


def _is_pooled() -> bool:
    return bool(settings.DATABASES["default"].get("DISABLE_SERVER_SIDE_CURSORS"))


def _give_up() -> None:
    global _in_vain
    _in_vain = True
    log.warning("statements are not prepared: a pooler stands before the database; see DB_LISTEN_URL")
