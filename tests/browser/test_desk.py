"""The pages of providers, cache, parties, keys, events and jobs in a real browser, at a desk and on a phone."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from c2s_enrich.models import ApiKey
from enrichment.models import ProviderCall, ProviderGate, ProviderSlot, ProviderSpend
from parties.models import Party, PartyContact
from tests.back_office import Rows, list_url, page_url, party_contact, rows
from tests.browser.conftest import OpenPage, looked_at
from webhooks.models import WebhookEvent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LISTS = (ApiKey, Party, PartyContact, ProcrastinateJob, ProviderCall, WebhookEvent)


@pytest.fixture
def made(settings: Any) -> Iterator[Rows]:
    settings.WORK_API_BUDGET_DAY, settings.WORK_API_BUDGET_MONTH = Decimal(100), Decimal(2000)
    made = rows()
    party_contact(made, 1)
    Party.objects.filter(pk=made[Party].pk).update(enriched=True, enriched_at=timezone.now())
    gate = ProviderGate.objects.create(provider="work_api", ceiling=2)
    ProviderSpend.objects.create(gate=gate, day=timezone.localdate(), amount=Decimal("85.5"))
    ProviderSlot.objects.create(gate=gate, price=Decimal(1), until=timezone.now() + timedelta(minutes=5))
    yield made
    # groups outlive a test's data
    Group.objects.filter(name__startswith="group ").delete()


@pytest.mark.parametrize(
    ("width", "language"),
    [
        (390, "pt-BR"),
        (1440, "en"),
        pytest.param(1440, "pt-BR", marks=pytest.mark.chaos),
        pytest.param(390, "en", marks=pytest.mark.chaos),
    ],
)
def test_nothing_sticks_out_sideways(at_the_desk: OpenPage, made: Rows, width: int, language: str) -> None:
    page = at_the_desk(width, language)
    pages = {"providers": "/admin/providers/", "switch": "/admin/providers/work_api/switch/", "cache": "/admin/cache/"}
    pages["cache-forget-all"] = "/admin/cache/forget/all/"
    for model in LISTS:
        pages[f"{model._meta.model_name}-list"] = list_url(model)
        pages[f"{model._meta.model_name}"] = page_url(made[model])
    for name, url in pages.items():
        page.goto(url)
        looked_at(page, f"{name}-{language}-{width}")


def test_a_provider_is_switched_off_and_on(at_the_desk: OpenPage, made: Rows) -> None:
    page = at_the_desk(390)
    page.goto("/admin/providers/")
    card = page.locator("[data-part=work_api]")
    card.get_by_role("link", name="Desligar").click()
    page.get_by_role("button", name="Desligar").click()
    card.get_by_text("Desligado por boss").wait_for()
    looked_at(page, "provider-off-390")
    card.get_by_role("link", name="Ligar").click()
    page.get_by_role("button", name="Ligar").click()
    card.get_by_text("Ligado por boss").wait_for()
