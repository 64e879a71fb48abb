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

# the browser's own report, kept over page changes: told again to every new document
_LISTEN = """
document.addEventListener("securitypolicyviolation", (event) => {
  const told = JSON.parse(sessionStorage.getItem("forbidden") || "[]");
  told.push(`${location.pathname}: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
  sessionStorage.setItem("forbidden", JSON.stringify(told));
});
"""


@pytest.fixture
def boss(contexts: dict[Screen, BrowserContext], live_server: Any) -> Iterator[Staff]:
    somebody = Staff(contexts[DESK].new_page(), live_server.url, DESK)
    somebody.page.add_init_script(_LISTEN)
    somebody.log_in()
    yield somebody
    somebody.page.context.clear_cookies()
    somebody.page.close()


def forbidden(staff: Staff) -> list[str]:
    told: list[str] = staff.page.evaluate('JSON.parse(sessionStorage.getItem("forbidden") || "[]")')
    return told


def test_no_page_does_what_its_policy_forbids(boss: Staff, sandbox: Sandbox, perform: Callable[[Run], Run]) -> None:
    run = perform(run_for(sandbox))
    boss.open("/admin/")
    boss.page.locator("canvas").first.wait_for()
    party = run.lead.party
    assert party is not None
    pages = [
        *("/admin/enrichment/lead/", f"/admin/enrichment/lead/{run.lead_id}/change/"),
        *("/admin/parties/party/", f"/admin/parties/party/{party.pk}/change/"),
        *("/admin/enrichment/run/", "/admin/webhooks/webhookevent/", "/admin/parties/datarequest/"),
        *("/admin/c2s_enrich/apikey/add/", "/admin/auth/user/add/", "/admin/password_change/"),
        *(reverse("desk:providers"), reverse("desk:cache"), reverse("second_factor")),
        reverse("admin:enrichment_lead_review"),
    ]
    for path in pages:
        boss.open(path)
    boss.open("/api/docs")
    boss.page.get_by_text("/api/v1/leads", exact=False).first.wait_for()
    assert forbidden(boss) == []


def test_what_the_policy_forbids_does_not_happen_and_is_reported(boss: Staff) -> None:
    """Else that nothing was reported would prove nothing."""
    boss.open("/admin/")
    boss.page.evaluate(
        """() => { const script = document.createElement("script");
        script.textContent = "window.harmed = true"; document.body.append(script); }"""
    )
    boss.page.wait_for_function("sessionStorage.getItem('forbidden')")
    assert boss.page.evaluate("window.harmed") is None
    assert any("script-src-elem inline" in told for told in forbidden(boss))
