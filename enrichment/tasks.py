"""The doorbell: a job says "look at run 7" and may be lost, doubled or late without harm."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.types import JSONDict


@app.task(name="look_at_run", queue="runs", pass_context=False)
def look_at_run(run_id: str) -> None:
    from enrichment.pipeline import run_perform

    try:
        run_perform(UUID(run_id))
    finally:
        connection.close()


def ring(run_ids: Iterable[UUID], *, priority: int = 0) -> None:
    """Enqueue in the caller's transaction."""
    rung: list[JSONDict] = [{"run_id": str(run_id)} for run_id in run_ids]
    if rung:
        look_at_run.configure(priority=priority).batch_defer(*rung)
