import io
import logging
import socket
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from pytest_django import Settings

from enrichment.providers.c2s import client as c2s
from enrichment.providers.diretrix import client as diretrix
from enrichment.providers.work_api import client as work_api
from enrichment.sandbox import Sandbox
from tests.enrichment.providers.canned import Canned, Play
from tests.enrichment.providers.leaks import BASIC_PASS, BASIC_USER, C2S_TOKEN, WORK_TOKEN

CLIENTS = (c2s, diretrix, work_api)
QUICK = 0.06


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    with Sandbox() as played:
        yield played


@pytest.fixture(autouse=True)
def credentials(settings: Settings) -> Iterator[None]:
    settings.C2S_TOKEN, settings.WORK_API = C2S_TOKEN, WORK_TOKEN
    settings.DIRETRIX_USER, settings.DIRETRIX_PASS = BASIC_USER, BASIC_PASS
    settings.PRICE_DIRETRIX, settings.PRICE_WORK_API = Decimal("0.12"), Decimal("0.35")
    settings.C2S_RATE = settings.DIRETRIX_RATE = settings.WORK_API_RATE = "0"
    yield
    for client in CLIENTS:
        client.door.cache_clear()


@pytest.fixture
def point(settings: Settings) -> Callable[[str, str, str], None]:
    """Send the three clients elsewhere."""

    def turn(c2s_url: str, diretrix_url: str, work_api_url: str) -> None:
        settings.C2S_BASE_URL, settings.DIRETRIX_BASE_URL = c2s_url, diretrix_url
        settings.WORK_API_BASE_URL = work_api_url
        for client in CLIENTS:
            client.door.cache_clear()

    return turn


@pytest.fixture
def sandbox(running: Sandbox, point: Callable[[str, str, str], None]) -> Sandbox:
    # not after a test: an answer that nobody waited for may still change something then
    running.reset()
    point(running.c2s_url, running.diretrix_url, running.work_api_url)
    return running


@pytest.fixture
def canned(point: Callable[[str, str, str], None]) -> Iterator[Callable[[Play], Canned]]:
    opened: list[Canned] = []

    def serve(play: Play) -> Canned:
        server = Canned(play).__enter__()
        opened.append(server)
        point(server.url, server.url, server.url)
        return server

    yield serve
    for server in opened:
        server.__exit__(None, None, None)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time-outs that a test can wait for. Ask for it before the first call."""
    for client in CLIENTS:
        monkeypatch.setattr(client, "READ_TIMEOUT", QUICK)
        client.door.cache_clear()


@pytest.fixture
def unreachable() -> Iterator[str]:
    """An address where a connection is neither taken nor refused."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def written(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Everything logged at any level, by any library, before and after the redaction."""
    caplog.set_level(logging.DEBUG)
    stdout = io.StringIO()
    for handler in logging.getLogger().handlers:
        if getattr(handler, "name", "") == "stdout":
            monkeypatch.setattr(handler, "stream", stdout)
    return lambda: caplog.text + stdout.getvalue()
