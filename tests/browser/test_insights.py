"""The insights on a phone and at a desk: charts are drawn, days are chosen, a table is taken along."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from enrichment.analytics.refreshing import views_refresh
from tests.browser.staff import PHONE, Staff, only
from tests.enrichment.analytics.known import everything_known


@only(PHONE)
def test_days_are_chosen_looked_at_and_taken_along(staff: Staff) -> None:
    everything_known()
    views_refresh()
    staff.open("/admin/insights/")
    expect(staff.page.locator("[data-insight]")).to_have_count(6)
    expect(staff.page.locator("canvas.chart")).to_have_count(4)
    staff.page.wait_for_function("Chart.getChart([...document.querySelectorAll('canvas.chart')].at(-1))")
    staff.looks("insights")
    with staff.page.expect_download() as download:
        staff.page.click("[data-insight=contacts] a[href*='.csv']")
    assert download.value.suggested_filename.startswith("contacts-")
    staff.page.fill("input[name=since]", (timezone.localdate() - timedelta(days=900)).isoformat())
    staff.page.fill("input[name=until]", (timezone.localdate() - timedelta(days=800)).isoformat())
    staff.page.click(".c2s-span button")
    staff.reads("Nothing in these days.")
