"""The content policy forbids nothing that the pages themselves do."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext

from enrichment.models import Run
from enrichment.sandbox import Sandbox
from tests.browser.staff import DESK, Screen, Staff
from tests.enrichment.leads import run_for


@pytest.fixture
def boss(contexts: dict[Screen, BrowserContext], live_server: Any) -> Iterator[Staff]:
    somebody = Staff(contexts[DESK].new_page(), live_server.url, DESK)
    somebody.log_in()
    yield somebody
    somebody.page.context.clear_cookies()
    somebody.page.close()


def test_no_page_does_what_its_policy_forbids(boss: Staff, sandbox: Sandbox, perform: Callable[[Run], Run]) -> None:
    perform(run_for(sandbox))
    boss.open("/admin/")
    boss.page.locator("canvas").first.wait_for()
    # every other page is looked at by somebody's journey, or room by room
    for path in ("/admin/parties/datarequest/", "/admin/auth/user/add/", reverse("admin:enrichment_lead_review")):
        boss.open(path)
    boss.open("/api/docs")
    boss.page.get_by_text("/api/v1/leads", exact=False).first.wait_for()
    assert boss.forbidden() == []


def test_what_the_policy_forbids_does_not_happen_and_is_reported(boss: Staff) -> None:
    """Else that nothing was reported would prove nothing."""
    boss.open("/admin/")
    boss.page.evaluate(
        """() => { const script = document.createElement("script");
        script.textContent = "window.harmed = true"; document.body.append(script); }"""
    )
    boss.page.wait_for_function("sessionStorage.getItem('forbidden')")
    assert boss.page.evaluate("window.harmed") is None
    assert any("script-src-elem inline" in told for told in boss.forbidden())
