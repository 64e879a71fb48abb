"""Every list and page of the admin, each looked at on a phone and at a desk."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from enrichment.models import ProviderGate, ProviderSlot, ProviderSpend
from parties.admin.row_forms import FORMS
from parties.models import Party
from tests.back_office import SHOWN, Rows, list_url, page_url, party_contact, rows
from tests.browser.staff import PHONE, Staff, only


def _enrichments(party: Party) -> None:
    """Two to compare, and a value that staff hold."""
    older = {"DadosBasicos": {"estadoCivil": "SOLTEIRA"}, "telefones": [{"telefone": "1133334444", "tipo": "FIXO"}]}
    newer = {"DadosBasicos": {"estadoCivil": "CASADA"}, "telefones": [{"telefone": "11987654321", "tipo": "MOVEL"}]}
    for days, profile in ((90, older), (0, newer)):
        at = timezone.now() - timedelta(days)
        party.enrichments.create(provider="work_api", profile=profile, enriched_at=at)
    party.origins = {
        "mother_name": {"source": "staff", "at": timezone.now().isoformat(), "pinned": True},
        "birth_date": {"source": "work_api", "at": timezone.now().isoformat()},
    }
    party.save()


@pytest.fixture
def made(settings: Any) -> Iterator[Rows]:
    settings.WORK_API_BUDGET_DAY, settings.WORK_API_BUDGET_MONTH = Decimal(100), Decimal(2000)
    made = rows()
    party_contact(made, 1)
    _enrichments(made[Party])
    Party.objects.filter(pk=made[Party].pk).update(enriched=True, enriched_at=timezone.now())
    gate = ProviderGate.objects.create(provider="work_api", ceiling=2)
    ProviderSpend.objects.create(gate=gate, day=timezone.localdate(), amount=Decimal("85.5"))
    ProviderSlot.objects.create(gate=gate, price=Decimal(1), until=timezone.now() + timedelta(minutes=5))
    yield made
    # groups outlive a test's data
    Group.objects.filter(name__startswith="group ").delete()


# in Portuguese, whose words are the longer ones: the journeys that matter most go on in both languages
@only(PHONE)
@pytest.mark.parametrize("part", ["lists", "rows", "desk", "edits"])
def test_every_page_fits_a_phone_and_a_desk(staff: Staff, made: Rows, part: str) -> None:
    for name, url in _pages(made, part).items():
        staff.open(url)
        staff.page.evaluate("document.querySelectorAll('.c2s-profile').forEach(one => { one.open = true; })")
        staff.looks(name, and_goes=True)


def _pages(made: Rows, part: str) -> dict[str, str]:
    if part == "lists":
        return {f"{model._meta.model_name}-list": list_url(model) for model in SHOWN}
    if part == "rows":
        return {str(model._meta.model_name): page_url(made[model]) for model in SHOWN}
    if part == "edits":
        return _edits(made[Party])
    pages = {name: reverse(f"desk:{name}") for name in ("insights", "providers", "cache", "forget_all")}
    pages |= {name: reverse(name) for name in ("second_factor", "admin:password_change")}
    return pages | {"switch": reverse("desk:provider_switch", args=["work_api"])}


def _edits(party: Party) -> dict[str, str]:
    own = "admin:parties_party_"
    row = party.contacts.all()[0]
    forms = {f"{rows}-add": reverse(f"{own}add_row", args=[party.pk, rows]) for rows in FORMS}
    forms["contacts-edit"] = reverse(f"{own}edit_row", args=[party.pk, "contacts", row.pk])
    return forms | {name: reverse(f"{own}{name}_this", args=[party.pk]) for name in ("edit", "merge")}


@only(PHONE)
def test_a_contact_is_corrected_and_released(staff: Staff, made: Rows) -> None:
    staff.open(page_url(made[Party]))
    staff.page.locator("a[href*='/contacts/']:not([href$='/add/'])").first.click()
    staff.page.fill("input[name=value]", "(11) 98765-4329")
    staff.page.click("form.c2s-page button[type=submit] >> nth=0")
    staff.reads("Removed by staff")
    staff.page.get_by_text("(11) 98765-4329").first.wait_for()
    staff.looks("party-corrected")
    held = staff.page.locator("button[value='contacts.+5511987654321']")
    held.click()
    staff.page.wait_for_load_state()
    expect(held).to_have_count(0)


@only(PHONE)
def test_a_provider_is_switched_off_and_on(staff: Staff, made: Rows) -> None:
    staff.open("/admin/providers/")
    switch = "[data-part=work_api] .c2s-switch a"
    for said in ("Switched off by", "Switched on by"):
        staff.page.click(switch)
        staff.page.click("button[name=to]")
        staff.reads(said)
        staff.looks(said.lower().replace(" ", "-"))
