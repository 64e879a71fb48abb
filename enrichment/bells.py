"""Who is done with a run takes the next bell from the line himself: through the queue's own loop, every bell costs a
worker a quarter of what the whole run does."""

import threading
from collections.abc import Iterator
from uuid import UUID

from django.db import connection

from c2s_enrich.patience import DATABASE_AWAY, WITHOUT_THE_DISK

# only the first in line, whatever it is about: what is more urgent than a run, or came before it, is for the queue.
# Its loss costs nothing but time: a run that nobody claimed is rung for again.
_NEXT = f"""
{WITHOUT_THE_DISK};
with first as (
  select id, task_name from procrastinate_jobs where status = 'todo' and queue_name = 'runs'
    and (scheduled_at is null or scheduled_at <= now())
  order by priority desc, id limit 1 for update skip locked)
delete from procrastinate_jobs j using first f where j.id = f.id and f.task_name = %s
returning (j.args->>'run_id')::uuid
"""  # noqa: S608  its parts are constants
# then the queue's turn comes again: it knows what each of its slots is doing
_IN_A_ROW = 20

# set while this process is a worker that goes on
answering = threading.Event()


def bells_next(task_name: str) -> Iterator[UUID]:
    """Runs to look at, one after the other, for as long as there are any and the worker is not told to stop."""
    for _ in range(_IN_A_ROW):
        run_id = _taken(task_name) if answering.is_set() else None
        if run_id is None:
            return
        yield run_id


def _taken(task_name: str) -> UUID | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(_NEXT, [task_name])
            cursor.nextset()
            return next((run_id for (run_id,) in cursor.fetchall()), None)
    except DATABASE_AWAY:
        # the queue finds out by itself
        return None
