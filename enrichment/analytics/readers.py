"""Who may read the views besides the service, and how much of people: roles of the database for BI tools.

A role that may use the schema `core` is a reader; its comment says whether it may see people. Views that are made
again come without grants, so these are given again with them.
"""

import secrets
from collections.abc import Iterator

from django.db import connection, transaction
from psycopg import sql

from enrichment.analytics.views import View, views

PEOPLE, FIGURES = "c2s-enrich: reads people and figures", "c2s-enrich: reads figures"
_READERS = """
select r.rolname, coalesce(shobj_description(r.oid, 'pg_authid'), '')
from pg_namespace n cross join lateral aclexplode(n.nspacl) a join pg_roles r on r.oid = a.grantee
where n.nspname = 'core' and a.privilege_type = 'USAGE' and a.grantee <> n.nspowner
"""
_COMMENT = "select coalesce(shobj_description(oid, 'pg_authid'), '') from pg_roles where rolname = %s"
_TAKEN = sql.SQL("revoke all on all tables in schema core, analytics from {}")
_COLUMNS = """
select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum
"""
_LIMITS = (
    "set default_transaction_read_only = on",
    "set statement_timeout = '5min'",
    "set idle_in_transaction_session_timeout = '5min'",
    "set search_path = core, analytics",
)


class NotOurs(Exception):
    """There is a role of that name which this service did not make."""


@transaction.atomic
def reader_make(name: str, *, people: bool, password: str = "") -> str:
    """Its password, ours where none is given. One that was made before gets a new one, and what it may see anew."""
    given, role = password or secrets.token_urlsafe(24), sql.Identifier(name)
    with connection.cursor() as cursor:
        verb = sql.SQL("alter" if _is_there(name) else "create")
        # hashed here: what the server is told may end in its log
        hashed = connection.connection.pgconn.encrypt_password(given.encode(), name.encode(), b"scram-sha-256")
        words = [verb, role, sql.Literal(hashed.decode())]
        cursor.execute(sql.SQL("{} role {} with login noinherit connection limit 10 password {}").format(*words))
        for limit in _LIMITS:
            cursor.execute(sql.SQL("alter role {} {}").format(role, sql.SQL(limit)))
        told = sql.Literal(PEOPLE if people else FIGURES)
        cursor.execute(sql.SQL("comment on role {} is {}").format(role, told))
        cursor.execute(sql.SQL("grant usage on schema core, analytics to {}").format(role))
    _let(name, people=people)
    return given


@transaction.atomic
def reader_remove(name: str) -> bool:
    if not _is_there(name):
        return False
    role = sql.Identifier(name)
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN.format(role))
        cursor.execute(sql.SQL("revoke usage on schema core, analytics from {}").format(role))
        cursor.execute(sql.SQL("drop role {}").format(role))
    return True


def _is_there(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_COMMENT, [name])
        found = cursor.fetchone()
    if found and found[0] not in (PEOPLE, FIGURES):
        raise NotOurs
    return found is not None


def readers() -> dict[str, bool]:
    """By name: whether it may see people."""
    with connection.cursor() as cursor:
        cursor.execute(_READERS)
        return {name: comment == PEOPLE for name, comment in cursor.fetchall()}


def readers_let() -> None:
    for name, people in readers().items():
        _let(name, people=people)


def _let(name: str, *, people: bool) -> None:
    role = sql.Identifier(name)
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN.format(role))
        for view in views():
            columns = sql.SQL("") if people or not view.of_people else _listed(view)
            named = sql.Identifier(*view.name.split("."))
            cursor.execute(sql.SQL("grant select {} on {} to {}").format(columns, named, role))


def _listed(view: View) -> sql.Composed:
    return sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Identifier, _figures(view))))


def _figures(view: View) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [view.name])
        yield from (name for (name,) in cursor.fetchall() if name not in view.of_people)
