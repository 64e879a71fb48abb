from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from enrichment.sandbox import Sandbox
from tests.end_to_end.workers import Workers, environment


@pytest.fixture
def workers(transactional_db: None, sandbox: Sandbox, tmp_path: Path) -> Iterator[Workers]:
    """Before the database is emptied they are dead; of the queue, Django empties nothing."""
    _empty_queue()
    crew = Workers(environment(sandbox), tmp_path)
    try:
        yield crew
    finally:
        crew.end()
        _empty_queue()


def _empty_queue() -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs; delete from procrastinate_workers")
