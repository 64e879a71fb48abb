"""The doorbell: a job says "look at run 7" and may be lost, doubled or late without harm."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.types import JSONDict

from enrichment.bells import bells_next


@app.task(name="look_at_run", queue="runs", pass_context=False)
def look_at_run(run_id: str) -> None:
    from enrichment.pipeline import run_perform

    try:
        run_perform(UUID(run_id))
        for waiting in bells_next(look_at_run.name):
            run_perform(waiting)
    finally:
        connection.close()


def ring(run_ids: Iterable[UUID], *, priority: int = 0) -> None:
    """Enqueue in the caller's transaction."""
    rung: list[JSONDict] = [{"run_id": str(run_id)} for run_id in run_ids]
    if rung:
        with _as_django_says():
            look_at_run.configure(priority=priority).batch_defer(*rung)


@app.task(name="look_at_batch", queue="runs", pass_context=False)
def look_at_batch(batch_id: str) -> None:
    from enrichment.batches import batch_step

    try:
        batch_step(UUID(batch_id))
    finally:
        connection.close()


def ring_batches(batch_ids: Iterable[UUID], *, priority: int) -> None:
    """Enqueue in the caller's transaction."""
    rung: list[JSONDict] = [{"batch_id": str(batch_id)} for batch_id in batch_ids]
    if rung:
        with _as_django_says():
            look_at_batch.configure(priority=priority).batch_defer(*rung)


@app.task(name="look_at_import", queue="runs", pass_context=False)
def look_at_import(import_id: str) -> None:
    from enrichment.bulk.checking import check_go_on
    from enrichment.bulk.enriching import enrich_go_on
    from enrichment.bulk.importing import import_go_on

    try:
        check_go_on(UUID(import_id))
        import_go_on(UUID(import_id))
        enrich_go_on(UUID(import_id))
    finally:
        connection.close()


def ring_imports(import_ids: Iterable[UUID], *, priority: int) -> None:
    """Enqueue in the caller's transaction."""
    rung: list[JSONDict] = [{"import_id": str(import_id)} for import_id in import_ids]
    if rung:
        with _as_django_says():
            look_at_import.configure(priority=priority).batch_defer(*rung)


@contextmanager
def _as_django_says() -> Iterator[None]:
    """The queue wraps what the database says, and nobody would see that it went away."""
    try:
        yield
    except ConnectorException as wrapped:
        raise wrapped.__cause__ or wrapped from None
