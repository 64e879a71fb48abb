"""A worker in a thread of the test's own, so that whoever waits for a run sees it end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from enrichment.batches import batch_step
from enrichment.bulk.importing import import_go_on
from enrichment.crm_leads import creations_do_due
from enrichment.models import Batch, BatchState, BulkImport, BulkState, Run, RunState
from enrichment.pipeline import run_perform


@contextmanager
def at_work() -> Iterator[None]:
    """Carries through every batch and import, and every run that nobody has tried yet."""
    stopping = threading.Event()
    thread = threading.Thread(target=_work, args=[stopping])
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _work(stopping: threading.Event) -> None:
    while not stopping.wait(0.02):
        waiting = Run.objects.filter(state=RunState.QUEUED, lease_owner="").order_by("id")
        for run_id in list(waiting.values_list("pk", flat=True)):
            run_perform(run_id)
        for batch in Batch.objects.filter(state=BatchState.OPEN):
            batch_step(batch.pk)
        for bulk in BulkImport.objects.filter(state=BulkState.RUNNING):
            import_go_on(bulk.pk)
        creations_do_due()
    connection.close()
