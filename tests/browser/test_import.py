"""A file is brought in at a screen: chosen, looked at, started, and its progress seen to the end."""

from decimal import Decimal

from playwright.sync_api import expect
from pytest_django import Settings

from enrichment.models import BulkImport, BulkState
from tests.browser.staff import DESK, Staff, only
from tests.enrichment.bulk.files import HEAD, as_csv, people
from tests.enrichment.working import at_work


@only(DESK)
def test_a_file_is_chosen_looked_at_and_brought_in(staff: Staff, settings: Settings) -> None:
    settings.PRICE_WORK_API = settings.PRICE_DIRETRIX = Decimal("0.10")
    content = as_csv((HEAD, *people(25), ("ANA", "1", "123", "")), encoding="cp1252")
    staff.open("/admin/enrichment/bulkimport/add/")
    staff.looks("import-upload")
    staff.page.set_input_files("input[name=file]", {"name": "clientes.csv", "mimeType": "text/csv", "buffer": content})
    staff.page.click("[data-upload] button")
    staff.reads("What each column is")
    expect(staff.page.locator("select[name=column]")).to_have_count(4)
    expect(staff.page.locator(".c2s-sheet")).to_contain_text("JOÃO AAAA PRADO")
    staff.looks("import-look")
    with at_work():
        staff.page.click("button[name=start]")
        expect(staff.page.locator("[data-count=made]")).to_have_text("25")
        expect(staff.page.locator("a[href$='/refused/csv/']")).to_be_visible()
        # all may be counted a moment before it has ended
        expect(staff.page.locator("a[href$='/enrich/']")).to_be_visible()
    staff.looks("import-done")
    bulk = BulkImport.objects.get()
    assert bulk.state == BulkState.DONE
    staff.page.click("a[href$='/enrich/']")
    staff.looks("import-enrich")
    staff.page.fill("input[name=budget]", "1,50")
    staff.page.click("form:has(input[name=budget]) button")
    expect(staff.page.locator("[data-count=enriched]")).to_have_text("0")
    staff.looks("import-enriching")
    bulk.refresh_from_db()
    assert (bulk.is_enriching, bulk.budget) == (True, Decimal("1.50"))
