"""A lead is found, understood and run again."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from enrichment.models import Batch, Run
from enrichment.rollup import figures_roll_up
from enrichment.sandbox import Sandbox
from tests.browser.staff import DESK, Staff, only
from tests.enrichment.leads import run_for
from tests.enrichment.working import at_work

LEADS = "/admin/enrichment/lead/"
MARINA = "Marina Alves Prado"
Perform = Callable[[Run], Run]


def test_a_lead_is_found_by_its_phone_and_tells_its_story(staff: Staff, sandbox: Sandbox, perform: Perform) -> None:
    perform(run_for(sandbox))
    run_for(sandbox, "lead-2", name="Otávio Nunes Brito", phone="(21) 99876-5432", email="otavio@example.com")
    figures_roll_up()
    staff.page.context.clear_cookies()
    staff.log_in()
    staff.looks("home")
    staff.open(LEADS)
    staff.looks("leads")
    for typed in ("(11) 98765-4321", "+5511987654321", "11 987654321"):
        staff.page.fill("#searchbar", typed)
        staff.page.press("#searchbar", "Enter")
        staff.page.wait_for_url(lambda url, typed=typed: parse_qs(urlsplit(url).query).get("q") == [typed])
        expect(staff.page.locator("#result_list tr.data-row")).to_have_count(1)
        expect(staff.page.locator("#result_list")).to_contain_text(MARINA)
    staff.page.get_by_role("link", name=MARINA).click()
    staff.reads("Fetch the profile")
    expect(staff.page.locator(".c2s-step")).to_have_count(8)
    expect(staff.page.locator(".c2s-ours .c2s-text")).to_contain_text("CPF: 529.982.247-25")
    staff.looks("lead")
    staff.page.click("a[href$='/preview/']")
    expect(staff.page.locator(".c2s-ours")).to_contain_text("529.982.247-25")
    staff.looks("preview")


@pytest.mark.usefixtures("within_one_hour")
@only(DESK)
def test_the_home_page_renews_its_figures(staff: Staff, sandbox: Sandbox, perform: Perform) -> None:
    perform(run_for(sandbox))
    staff = staff.alone()
    staff.page.clock.install()
    staff.open("/admin/")
    number = staff.page.locator("[data-part=leads] .c2s-number")
    expect(number).to_have_text("0")
    figures_roll_up()
    staff.page.clock.fast_forward(31_000)
    expect(number).to_have_text("1")
    staff.looks("home-renewed")
    # else it would go on looking while other tests are at work
    staff.page.context.close()


def test_a_lead_is_run_again_and_its_progress_is_watched(staff: Staff, sandbox: Sandbox, perform: Perform) -> None:
    lead = perform(run_for(sandbox)).lead
    staff.open(f"{LEADS}{lead.pk}/change/")
    staff.page.click("button[name=deed][value=force]")
    staff.reads("Price, at most")
    staff.looks("price")
    staff.page.click("button[name=confirmed]")
    staff.page.wait_for_selector("[data-watch]")
    staff.looks("watching")
    # the web server is restarted meanwhile: one look finds nobody there
    address = staff.page.get_attribute("[data-watch]", "data-watch")
    staff.page.route(f"**{address}", lambda route: route.fulfill(status=503), times=1)
    staff.page.wait_for_event("response", lambda answer: answer.status == 503)
    with at_work():
        # the page looks again by itself
        staff.page.wait_for_selector("[data-watch]", state="detached")
    assert Run.objects.filter(force_providers=True, state="completed").count() == 1


@only(DESK)
def test_many_leads_are_run_again_behind_a_moving_bar(staff: Staff, sandbox: Sandbox) -> None:
    for number in range(3):
        run_for(sandbox, f"lead-{number}")
    Run.objects.update(state="failed")
    staff.open(LEADS)
    boxes = staff.page.locator("#result_list input.action-select")
    boxes.nth(0).check()
    boxes.nth(1).check()
    staff.page.select_option("select[name=action]", "rerun_many")
    staff.looks("chosen")
    staff.page.click("#changelist-actions button[name=index]")
    staff.page.click("button[name=confirmed]")
    staff.page.wait_for_selector("[data-progress]")
    staff.looks("batch-begins")
    with at_work():
        staff.page.wait_for_selector("[data-progress]", state="detached")
    expect(staff.page.locator("[data-count=done]")).to_have_text("2")
    staff.looks("batch-done")
    assert Batch.objects.get().state == "done"
