from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import Settings

from enrichment.alerts.sending import door
from tests.enrichment.alerts.receivers import Receiver, receiver


@pytest.fixture
def told(settings: Settings, worker_alive: None) -> Iterator[Receiver]:
    """Everything is well, and whoever looks after it listens."""
    with receiver() as receives:
        settings.ALERT_WEBHOOK_URL, settings.ALERT_LANGUAGE = receives.url, "en"
        settings.PUBLIC_URL, settings.ALERT_LOOK_SECONDS = "https://enrich.example.com", 0.001
        door.cache_clear()
        yield receives
    door.cache_clear()


def sql(command: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(command)
