"""Staff in a real browser, at a desk and on a phone."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, sync_playwright

from enrichment.models import Run
from enrichment.sandbox import Sandbox
from tests.enrichment.leads import run_for

# playwright's event loop runs in this thread, and Django takes that for asynchronous code
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOTS = Path(__file__).parents[2] / "test-artefacts"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
]


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Chromium from Debian: playwright's own cannot be had everywhere."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_staff_log_in_find_the_lead_and_read_what_was_said(
    browser: Browser, live_server: Any, sandbox: Sandbox, perform: Callable[[Run], Run], width: int
) -> None:
    perform(run_for(sandbox))
    User.objects.create_superuser("boss", password="a-long-password-1")
    page = browser.new_page(viewport={"width": width, "height": 900}, locale="pt-BR")
    page.goto(f"{live_server.url}/admin/")
    page.fill("input[name=username]", "boss")
    page.fill("input[name=password]", "a-long-password-1")
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state("networkidle")
    _looked_at(page, f"home-{width}")
    for typed in ("(11) 98765-4321", "+5511987654321", "11 987654321"):
        page.goto(f"{live_server.url}/admin/enrichment/lead/?q={typed.replace('+', '%2B')}")
        assert page.get_by_text("Marina Alves Prado").count(), typed
    _looked_at(page, f"leads-{width}")
    page.get_by_text("Marina Alves Prado").first.click()
    page.get_by_text("CPF: 529.982.247-25").first.wait_for()
    _looked_at(page, f"lead-{width}")


def _looked_at(page: Page, name: str) -> None:
    """Kept as an artefact; nothing sticks out sideways."""
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
