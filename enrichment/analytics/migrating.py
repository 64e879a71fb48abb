"""Which views stand in the way of a migration: PostgreSQL refuses to change a column that a view reads."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db.migrations import operations
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import StateApps

from enrichment.analytics.making import standing, views_drop
from enrichment.analytics.views import SCHEMAS, views

Touched = tuple[str, str]
# of such a table, or such an application: everything
ALL = "*"
_READ = """
select distinct n.nspname || '.' || v.relname, t.relname, a.attname
from pg_rewrite r join pg_class v on v.oid = r.ev_class join pg_namespace n on n.oid = v.relnamespace
join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
join pg_class t on t.oid = d.refobjid join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
where n.nspname = any(%s) and d.refobjsubid > 0
"""
_HARMLESS = (
    operations.AddIndex, operations.RemoveIndex, operations.RenameIndex, operations.AddConstraint,
    operations.RemoveConstraint, operations.AlterModelOptions, operations.AlterModelManagers, operations.RunPython,
    operations.AlterModelTableComment,
)  # fmt: skip


def views_drop_before_migrating(
    *, apps: StateApps, plan: Iterable[tuple[Migration, bool]] = (), using: str = "default", **_signal: Any
) -> None:
    """The receiver of `pre_migrate`; what goes is made again by that of `post_migrate`."""
    plan = list(plan)
    if using == "default" and plan:
        ours = {name for name, found in standing().items() if found.is_ours}
        views_drop(sorted(ours & in_the_way(plan, apps)))


def in_the_way(plan: Iterable[tuple[Migration, bool]], apps: StateApps) -> set[str]:
    touched = {hit for migration, _ in plan for step in migration.operations for hit in _touched(step, migration, apps)}
    if not touched:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_READ, [list(SCHEMAS)])
        known = {view.name for view in views()}
        return {view for view, *read in cursor.fetchall() if view in known and touched & set(_spelled(*read))}


def _spelled(table: str, column: str) -> tuple[Touched, ...]:
    return (table, column), (table, ALL)


def _touched(step: Operation, migration: Migration, apps: StateApps) -> Iterator[Touched]:
    """Columns and whole tables, as they are called before the migration; what is new in it nobody reads yet."""
    if isinstance(step, _HARMLESS):
        return
    models = _models(step, migration.app_label, apps)
    for model in models:
        fields = _columns(step, model) if hasattr(step, "name") and hasattr(step, "model_name") else [ALL]
        yield from ((model._meta.db_table, column) for column in fields)


def _models(step: Operation, app: str, apps: StateApps) -> list[Any]:
    """What the step names; of SQL that tells nothing, every model of its application."""
    given = [getattr(step, word, "") for word in ("model_name", "old_name", "new_name", "name")]
    named = given[:1] if given[0] else given[1:]
    if not any(named):
        return list(apps.get_app_config(app).get_models()) if app in apps.app_configs else []
    known = {model._meta.model_name: model for model in apps.get_models() if model._meta.app_label == app}
    return [known[name.lower()] for name in named if name and name.lower() in known]


def _columns(step: Operation, model: Any) -> Iterator[str]:
    for word in ("name", "old_name", "new_name"):
        try:
            yield model._meta.get_field(getattr(step, word, "")).column
        except FieldDoesNotExist:
            continue
