"""A file is brought in at a screen: chosen, looked at, started, and its progress seen to the end."""

from playwright.sync_api import expect

from enrichment.models import BulkImport, BulkState
from tests.browser.staff import Staff
from tests.enrichment.bulk.files import HEAD, as_csv, people
from tests.enrichment.working import at_work


def test_a_file_is_chosen_looked_at_and_brought_in(staff: Staff) -> None:
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
    staff.looks("import-done")
    assert BulkImport.objects.get().state == BulkState.DONE
