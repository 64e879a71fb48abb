"""Leads of whom nobody is sure are decided with one key each."""

from collections.abc import Callable

from playwright.sync_api import expect

from enrichment.models import Decision, Run
from enrichment.sandbox import Sandbox
from tests.browser.staff import DESK, Staff
from tests.enrichment.leads import run_for

PAULO = "39053344705"


def press(staff: Staff, key: str, about: Run) -> None:
    """A phone has no keys: there the same buttons are touched."""
    staff.page.wait_for_selector(f"input[name=run][value='{about.pk}']", state="attached")
    # the page is there before the script that listens to it is
    staff.page.wait_for_load_state()
    if staff.screen is DESK or key == "i":
        staff.page.keyboard.press(key)
    else:
        staff.page.locator(f"[data-key='{key}']").tap()


def test_the_review_queue_is_worked_off_by_keyboard(
    staff: Staff, sandbox: Sandbox, perform: Callable[[Run], Run]
) -> None:
    sandbox.add_person(cpf=PAULO, name="PAULO LIMA", phones=[], emails=["paulo.lima@example.com"])
    for number in range(3):
        perform(run_for(sandbox, f"lead-{number}", email="paulo.lima@example.com"))
    staff.open("/admin/")
    staff.page.click("[data-part=reviews]")
    staff.page.wait_for_url("**/review/**")
    staff.looks("review")
    for key, run in zip("1ri", Run.objects.order_by("id"), strict=True):
        press(staff, key, run)
    staff.reads("Nothing waits for a decision.")
    staff.looks("review-empty")
    assert sorted(Decision.objects.values_list("ruling", flat=True)) == ["chosen", "ignored", "reviewed"]
    expect(staff.page.locator("form.c2s-review")).to_have_count(0)
