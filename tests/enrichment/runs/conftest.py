"""One queue without bells, one run, and a database that has been up for long."""

import pytest
from pytest_django import Settings

from enrichment.models import Run
from tests.enrichment.runs.rows import forget_bells, new_run


@pytest.fixture(autouse=True)
def _empty_queue(db: None) -> None:
    """The queue's tables are not emptied between tests, for Django does not manage them."""
    forget_bells()


@pytest.fixture(autouse=True)
def _old_database(settings: Settings) -> None:
    """One that has been up for longer than a lease lasts."""
    settings.RUN_LEASE_SECONDS = 2


@pytest.fixture
def run() -> Run:
    return new_run("lead-1")
