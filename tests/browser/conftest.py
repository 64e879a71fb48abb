"""Debian's Chromium, and staff who are logged in with it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

# playwright's event loop runs in this thread, and Django takes that for asynchronous code
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOTS = Path(__file__).parents[2] / "test-artefacts"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

OpenPage = Callable[..., Page]


@pytest.fixture
def browser() -> Iterator[Browser]:
    """playwright's own Chromium cannot be had everywhere."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def at_the_desk(browser: Browser, live_server: Any) -> OpenPage:
    """A page of somebody who is logged in and may do everything."""

    def opened(width: int, language: str = "pt-BR") -> Page:
        client = Client()
        client.force_login(User.objects.filter(username="boss").first() or _boss())
        context = browser.new_context(
            viewport={"width": width, "height": 900}, locale=language, base_url=live_server.url
        )
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
        return context.new_page()

    return opened


def _boss() -> User:
    return User.objects.create_superuser("boss", password=None)


def looked_at(page: Page, name: str) -> None:
    """Kept as an artefact; nothing sticks out sideways."""
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert sideways <= 0, f"{name} scrolls sideways by {sideways} px"
