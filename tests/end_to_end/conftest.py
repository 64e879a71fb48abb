from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from enrichment.sandbox import Sandbox
from tests.end_to_end.workers import Workers, environment
from tests.enrichment.alerts.receivers import Receiver, receiver
from tests.web_server import WebServer, web_server


@pytest.fixture(scope="package")
def told() -> Iterator[Receiver]:
    """Where the server's alerts go."""
    with receiver() as receives:
        yield receives


@pytest.fixture(scope="package")
def web(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, told: Receiver) -> Iterator[WebServer]:
    """One server for all who change nothing about it: its processes take four seconds to start."""
    watching = {"ALERT_WEBHOOK_URL": told.url, "ALERT_LANGUAGE": "en", "ALERT_LOOK_SECONDS": "0.5"}
    with web_server(tmp_path_factory.mktemp("web"), WEBHOOK_SECRET="the-right-secret", **watching) as server:
        yield server


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
