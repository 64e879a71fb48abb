"""Debian's Chromium, started once, and the running program with its sandbox."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser.staff import DESK, PATIENCE, PHONE, Screen, Staff, context_at

# playwright's event loop runs in this thread, and Django takes that for asynchronous code
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# the first is the same engine without a browser's own windows around the page, which take longer than the page
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = os.path.dirname(__file__)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))
            item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """From Debian: playwright's own cannot be had everywhere."""
    # by itself an expectation waits five seconds, whatever the context says
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET, timeout=PATIENCE)
        yield started
        started.close()


@pytest.fixture(scope="package")
def contexts(browser: Browser) -> dict[Screen, BrowserContext]:
    """One for each screen: what a page needs besides itself is fetched once, not by every test."""
    return {screen: context_at(screen, browser) for screen in (PHONE, DESK)}


@pytest.fixture(params=[PHONE, DESK], ids=str)
def staff(request: pytest.FixtureRequest, contexts: dict[Screen, BrowserContext], live_server: Any) -> Iterator[Staff]:
    somebody = Staff(contexts[request.param].new_page(), live_server.url, request.param)
    somebody.enter()
    yield somebody
    assert somebody.forbidden() == []
    somebody.page.context.clear_cookies()
    somebody.page.close()
