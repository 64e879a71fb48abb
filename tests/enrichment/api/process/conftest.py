from collections.abc import Iterator

import pytest
from pytest_django import Settings

from enrichment.sandbox import Sandbox
from tests.enrichment.api.conftest import Caller, Callers
from tests.enrichment.working import at_work


@pytest.fixture
def bridge(with_scopes: Callers) -> Caller:
    """May enrich, and sees documents."""
    return with_scopes("enrich", "pii")


@pytest.fixture
def worker(sandbox: Sandbox) -> Iterator[None]:
    with at_work():
        yield


@pytest.fixture
def brief(settings: Settings) -> None:
    """Nobody waits longer than this."""
    settings.PROCESS_WAIT_SECONDS = 0.3
