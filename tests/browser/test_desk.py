"""Two people become one and are parted again; a key is made, shown once and revoked."""

from django.urls import reverse
from playwright.sync_api import expect

from c2s_enrich.models import ApiKey
from enrichment.models import Lead
from parties.models import Kind, Party, PartyContact
from tests.browser.staff import Staff


def test_two_parties_are_merged_and_parted_again(staff: Staff) -> None:
    kept = Party.objects.create(kind=Kind.PERSON, cpf_cnpj="52998224725", name="MARINA ALVES PRADO")
    gone = Party.objects.create(kind=Kind.PERSON, name="MARINA PRADO")
    PartyContact.objects.create(party=gone, contact_type="phone", value="+5511987654321")
    staff.open(f"/admin/parties/party/{kept.pk}/change/")
    staff.looks("party")
    staff.open(reverse("admin:parties_party_merge_this", args=[kept.pk]))
    staff.page.fill("input[name=q]", "prado marina")
    staff.page.press("input[name=q]", "Enter")
    staff.looks("merge-search")
    staff.page.click(f"a[href*='other={gone.pk}']")
    staff.looks("merge-preview")
    staff.page.click("form:has(input[name=other]) button")
    staff.page.wait_for_url(f"**/{kept.pk}/change/")
    assert not Party.objects.filter(pk=gone.pk).exists()
    staff.looks("merged")
    staff.page.click("form[action$='/undo/'] button")
    staff.page.wait_for_url(f"**/{gone.pk}/change/")
    assert PartyContact.objects.get().party_id == gone.pk


def test_a_key_is_made_shown_once_and_revoked(staff: Staff) -> None:
    staff.open("/admin/c2s_enrich/apikey/add/")
    staff.page.fill("input[name=name]", "a bridge")
    staff.page.locator("input[name=scopes]").first.check()
    staff.looks("key-form")
    staff.page.click("button[name=_save], input[name=_save]")
    expect(staff.page.locator(".c2s-secret")).to_be_visible()
    staff.looks("key-made")
    key = ApiKey.objects.get()
    staff.open(f"/admin/c2s_enrich/apikey/{key.pk}/change/")
    assert staff.page.locator(".c2s-secret").count() == 0
    staff.looks("key")
    staff.open("/admin/c2s_enrich/apikey/")
    staff.page.locator("#result_list input.action-select").check()
    staff.page.select_option("select[name=action]", "revoke")
    # the word stands on the page beforehand too, among the filters
    with staff.page.expect_navigation():
        staff.page.click("#changelist-actions button[name=index]")
    staff.reads("Revoked")
    staff.looks("key-revoked")
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_the_palette_finds_pages_leads_and_people(staff: Staff) -> None:
    party = Party.objects.create(kind="person", cpf_cnpj="52998224725", name="MARINA ALVES PRADO")
    Lead.objects.create(lead_id="lead-of-the-palette", customer_name="Marina Prado", party=party)
    staff.open("/admin/")
    staff.page.keyboard.press("Control+k")
    box = staff.page.locator("#search-input-command")
    expect(box).to_be_visible()
    box.press_sequentially("marina")
    found = staff.page.locator("#command-results-list a")
    expect(found).to_have_count(2)
    staff.looks("palette")
    box.fill("")
    # the same letters in both languages
    box.press_sequentially("lead")
    expect(staff.page.locator("#command-results-list a[href$='/admin/enrichment/lead/']")).to_have_count(1)
