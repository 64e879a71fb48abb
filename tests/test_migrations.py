"""Migrations that the code of the previous release survives: it runs on while they are applied, and after a roll back.

A linter's look at each operation. What it finds is mended (expand first, contract a release later), or excused below.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.functions import Now

OURS = {"c2s_enrich", "parties", "enrichment", "webhooks"}
# with millions of rows an index locks out writers for as long as it takes to build
BIG = {
    *("lead", "run", "runstep", "candidate", "leadmessage", "discovery", "providercall", "webhookevent"),
    *("party", "partycontact", "partyenrichment", "person", "address", "partyaddress", "accessentry"),
}
# nothing of these ran anywhere before the first release
BEFORE_THE_FIRST_RELEASE = {"c2s_enrich": 2, "parties": 4, "enrichment": 9, "webhooks": 3}
# (app, migration, operation): why running code does not mind
EXCUSED: dict[tuple[str, str, str], str] = {
    ("parties", "0006_release_wish", "Create constraint data_requests_wish on model datarequest"): (
        "wider than the one it replaces in the same transaction: it allows one wish more"
    ),
}

GONE = (
    operations.DeleteModel,
    operations.RemoveField,
    operations.RenameField,
    operations.RenameModel,
    operations.AlterModelTable,
)
OPAQUE = (operations.RunPython, operations.RunSQL, operations.SeparateDatabaseAndState)


def troubles(app: str, migration: Migration, state: ProjectState) -> Iterator[tuple[str, str]]:
    """Each operation that may break running code, and why; `state` goes on as the migration does."""
    new: set[str] = set()
    for operation in migration.operations:
        before = state.clone() if isinstance(operation, operations.AlterField) else state
        model = str(getattr(operation, "model_name_lower", getattr(operation, "name_lower", "")))
        if isinstance(operation, operations.CreateModel):
            new.add(model)
        elif model not in new and (why := trouble(operation, app, model, before)):
            yield operation.describe(), why
        operation.state_forwards(app, state)


def trouble(operation: Operation, app: str, model: str, before: ProjectState) -> str:
    match operation:
        case _ if isinstance(operation, GONE):
            return "running code still asks for it: let go of it a release later"
        case _ if isinstance(operation, OPAQUE):
            return "nobody can tell what it does to running code"
        case operations.AddField():
            return _added(operation.field)
        case operations.AlterField():
            return _altered(before.models[app, model].fields[operation.name], operation.field)
        case operations.AddConstraint():
            return "rows that running code writes may be refused"
        case operations.AddIndex() if model in BIG and not _is_concurrent(operation):
            return "writers wait while it is built: AddIndexConcurrently, in a migration with atomic = False"
    return ""


def _added(field: "models.Field[Any, Any]") -> str:
    """Django takes a default away again once the column is there: an INSERT that does not name it fails."""
    has_its_own = field.null or field.many_to_many or field.has_db_default()
    return "" if has_its_own else "running code inserts rows without it: null, or db_default"


def _altered(old: "models.Field[Any, Any]", new: "models.Field[Any, Any]") -> str:
    if old.null and not new.null:
        return "running code still writes null"
    if type(old) is not type(new):
        return "its type changes under running code"
    shorter = (new.max_length or 0) < (old.max_length or 0) if new.max_length else False
    return "running code still writes what is longer" if shorter else ""


def _is_concurrent(operation: Operation) -> bool:
    return type(operation).__name__ == "AddIndexConcurrently"


def found() -> dict[tuple[str, str, str], str]:
    loader, state = MigrationLoader(None), ProjectState()
    all_troubles = {}
    for app, name in loader.graph._generate_plan(loader.graph.leaf_nodes(), at_end=True):
        migration = loader.graph.nodes[app, name]
        if app not in OURS or int(name[:4]) <= BEFORE_THE_FIRST_RELEASE[app]:
            migration.mutate_state(state, preserve=False)
            continue
        all_troubles |= {(app, name, what): why for what, why in troubles(app, migration, state)}
    return all_troubles


def test_no_migration_breaks_the_code_that_runs_meanwhile() -> None:
    told = found()
    assert not told.keys() - EXCUSED.keys(), {what: told[what] for what in told.keys() - EXCUSED.keys()}
    assert not EXCUSED.keys() - told.keys(), "excuses for nothing"


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        (operations.RemoveField("lead", "seller"), "a release later"),
        (operations.RenameField("lead", "seller", "vendor"), "a release later"),
        (operations.DeleteModel("Lead"), "a release later"),
        (operations.AddField("lead", "age", models.IntegerField(default=0)), "db_default"),
        (operations.AlterField("lead", "closed_at", models.DateTimeField()), "null"),
        (operations.AlterField("lead", "seller", models.CharField(max_length=20)), "longer"),
        (operations.AlterField("lead", "seller", models.IntegerField()), "type"),
        (operations.AddIndex("lead", models.Index(fields=["seller"], name="by_seller")), "Concurrently"),
        (operations.AddConstraint("lead", models.UniqueConstraint(fields=["seller"], name="one")), "refused"),
        (operations.RunSQL("drop table leads"), "nobody can tell"),
        (operations.AddField("lead", "age", models.IntegerField(null=True)), ""),
        (operations.AddField("lead", "at", models.DateTimeField(db_default=Now())), ""),
        (operations.AlterField("lead", "seller", models.CharField(max_length=500)), ""),
    ],
)
def test_what_breaks_running_code_is_known(operation: Operation, says: str) -> None:
    state = MigrationLoader(None).project_state(("enrichment", "0001_initial"))
    migration = Migration("made_up", "enrichment")
    migration.operations = [operation]
    told = [why for _, why in troubles("enrichment", migration, state)]
    assert (len(told), all(says in why for why in told)) == (1 if says else 0, True)
