from collections.abc import Iterator

import pytest

from enrichment.sandbox import Sandbox
from tests.enrichment.sandbox.client import Client


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.reset()


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)
