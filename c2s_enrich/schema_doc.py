"""`docs/schema.md`: every table of ours, what it is for and what stands in it, told from the models."""

from collections.abc import Iterator

from django.apps import apps
from django.db import connection
from django.db.models import CheckConstraint, Field, ForeignKey, Model, UniqueConstraint

ROOMS = {
    "webhooks": "The doors",
    "enrichment": "What we learn about a lead",
    "parties": "Who people are",
    "c2s_enrich": "Access and privacy",
}
# what others brought along
OTHERS = {
    "admin": "what staff did in the admin",
    "auth": "staff, their groups and permissions",
    "axes": "log-ins, failed ones, and who is locked out",
    "contenttypes": "Django's list of models",
    "otp_totp": "the second factors of staff",
    "procrastinate": "the queue: jobs are doorbells, the record is in `runs`",
    "sessions": "who is logged in",
}
_HEAD = """# The tables

Made by `manage.py schema_doc` from the models; a test compares the two. Keys are UUIDs in order of time where nothing
else is said, times carry their zone, money and shares are exact decimals. **Bold** columns may not be empty.
"""


def schema_doc() -> str:
    parts = [_HEAD]
    for room, title in ROOMS.items():
        parts.append(f"## {title}\n")
        parts += [_table(model) for model in apps.get_app_config(room).get_models()]
    parts.append("## Brought along\n\n| tables | what for |\n| --- | --- |")
    parts += [f"| {', '.join(_names(label))} | {what} |" for label, what in OTHERS.items()]
    return "\n".join(parts) + "\n"


def purpose(model: type[Model]) -> str:
    """The first paragraph of what the model says of itself; Django's own stand-in says nothing."""
    said = (model.__doc__ or "").strip()
    return "" if said.startswith(f"{model.__name__}(") else " ".join(said.split("\n\n")[0].split())


def _table(model: type[Model]) -> str:
    rows = "\n".join(_row(field) for field in model._meta.local_concrete_fields)
    kept = "".join(f"- {line}\n" for line in _promises(model))
    promises = f"\n{kept}" if kept else ""
    head = f"### `{model._meta.db_table}`\n\n{purpose(model)}\n\n| column | type | |\n| --- | --- | --- |"
    return f"{head}\n{rows}\n{promises}"


def _row(field: "Field[object, object]") -> str:
    name = f"`{field.column}`" if field.null else f"**`{field.column}`**"
    return f"| {name} | {field.db_type(connection)} | {', '.join(_remarks(field))} |"


def _remarks(field: "Field[object, object]") -> Iterator[str]:
    if field.primary_key:
        yield "key"
    if isinstance(field, ForeignKey):
        yield f"→ `{field.remote_field.model._meta.db_table}`"
    if field.choices:
        yield "one of " + ", ".join(f"`{value}`" for value, _label in field.flatchoices if value)


def _promises(model: type[Model]) -> Iterator[str]:
    """Rules are told, and the indexes by name: their comments in the code say which question each answers."""
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            of = ", ".join(f"`{name}`" for name in constraint.fields) or "an expression"
            only = ", where a condition holds" if constraint.condition else ""
            yield f"`{constraint.name}`: once for each {of}{only}"
        elif isinstance(constraint, CheckConstraint):
            yield f"`{constraint.name}`: checked by the database"
    names = ", ".join(f"`{index.name}`" for index in model._meta.indexes)
    if names:
        yield f"indexes: {names}"


def _names(label: str) -> list[str]:
    models = apps.get_app_config(label).get_models(include_auto_created=True)
    return sorted(f"`{model._meta.db_table}`" for model in models)
