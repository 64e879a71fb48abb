"""Making the views, and taking away those that a migration could not pass.

A role that may not make schemas, and a schema `core` that belongs to somebody else, cost the views and nothing more.
"""

from dataclasses import dataclass
from typing import Any

import structlog
from django.db import Error, connection, transaction
from psycopg import errors

from enrichment.analytics.readers import readers_let
from enrichment.analytics.views import MATERIALISED, SCHEMAS, SIGN, View, views
from enrichment.models import Watermark

log = structlog.get_logger(__name__)

CONTACT_TYPE = "core.contact_type_enum"
_ENUM = f"create type {CONTACT_TYPE} as enum ('email', 'phone', 'whatsapp')"
_STANDING = """
select n.nspname || '.' || c.relname, c.relkind::text, coalesce(obj_description(c.oid, 'pg_class'), ''),
  c.relispopulated
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any(%s) and c.relkind in ('r', 'p', 'f', 'v', 'm')
"""
_THERE = "select nspname from pg_namespace where nspname = any(%s)"
_MISSING = (errors.InsufficientPrivilege, errors.UndefinedTable, errors.UndefinedColumn)
NOT_ALLOWED = (
    "The database user may not make the schemas core and analytics. Let its administrator run: "
    "create schema core authorization <user>; create schema analytics authorization <user>; "
    "and run `manage.py migrate` again. Everything but the views for analytics works without."
)
NOT_MADE = "Run `manage.py migrate`: it makes the views, or says in a sentence why it cannot."
_NOT_YET = "The tables are not at the newest migration: the views for analytics come with it."


@dataclass(frozen=True, slots=True)
class Standing:
    """A relation of the two schemas as the database has it."""

    kind: str
    comment: str
    is_filled: bool

    @property
    def is_ours(self) -> bool:
        return self.kind in ("v", "m") and f"({SIGN} " in self.comment


def standing() -> dict[str, Standing]:
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [list(SCHEMAS)])
        return {name: Standing(*rest) for name, *rest in cursor.fetchall()}


def views_make() -> str:
    """Those that are missing or changed; why not, in a sentence, where that cannot be."""
    there = standing()
    if strangers := sorted(name for name, found in there.items() if not found.is_ours):
        return f"{strangers[0]} was not made by this service: the views for analytics are left out."
    wanted = [view for view in views() if view.name not in there or there[view.name].comment != view.comment]
    try:
        _make(wanted, there)
    except Error as error:
        if not isinstance(error.__cause__, _MISSING):
            raise
        return NOT_ALLOWED if isinstance(error.__cause__, errors.InsufficientPrivilege) else _NOT_YET
    return ""


@transaction.atomic
def _make(wanted: list[View], there: dict[str, Standing]) -> None:
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(_THERE, [list(SCHEMAS)])
        known = {name for (name,) in cursor.fetchall()}
        for schema in SCHEMAS:
            if schema not in known:
                cursor.execute(f"create schema {schema}")
        cursor.execute("select to_regtype(%s)", [CONTACT_TYPE])
        if cursor.fetchone()[0] is None:
            cursor.execute(_ENUM)
    views_drop([view.name for view in wanted if view.name in there])
    for view in wanted:
        _make_one(view)
    readers_let()


def _make_one(view: View) -> None:
    with connection.cursor() as cursor:
        for statement in view.statements:
            cursor.execute(statement)
        cursor.execute(f"comment on {view.kind} {view.name} is %s", [view.comment])
    # empty as it is, it is due at once
    Watermark.objects.filter(pk=view.name).delete()


def views_drop(names: list[str]) -> None:
    """Without `cascade`: a view that somebody built upon one of ours is theirs to move."""
    kinds = {view.name: view.kind for view in views()}
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"drop {kinds[name]} {name}")


def views_make_after_migrating(*, using: str = "default", **_signal: Any) -> None:
    """The receiver of `post_migrate`."""
    if using == "default" and (why := views_make()):
        log.warning("no views for analytics", why=why)


def filled() -> set[str]:
    """The materialised views that can be read."""
    there = standing()
    return {view.name for view in MATERIALISED if view.name in there and there[view.name].is_filled}
