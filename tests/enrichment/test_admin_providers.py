"""The page of the providers: how each stands, what it may cost, and its switch."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from enrichment.admin.home import GATE_SAID
from enrichment.models import ProviderCall, ProviderGate, ProviderSlot, ProviderSpend
from enrichment.providers import gate
from enrichment.providers.errors import Withheld
from enrichment.providers.standing import STATES, standings
from tests.back_office import logged_in, rows, staff, superuser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("within_one_hour")]

PAGE = "/admin/providers/"
SWITCH = f"{PAGE}work_api/switch/"


def body(client: Client) -> str:
    return client.get(PAGE).content.decode()


def test_every_state_of_a_gate_has_its_words() -> None:
    assert GATE_SAID.keys() == set(STATES)


def test_a_provider_that_was_never_called_is_there_too() -> None:
    said = body(superuser())
    assert [name for name in ("C2S", "Diretrix", "Work API") if name not in said] == []
    assert "Never switched off." in said


def test_what_is_spent_and_reserved_is_told_beside_what_may_be(settings: Settings) -> None:
    settings.WORK_API_BUDGET_DAY, settings.WORK_API_BUDGET_MONTH = Decimal(10), Decimal(200)
    work = ProviderGate.objects.create(provider="work_api")
    today = timezone.localdate()
    ProviderSpend.objects.create(gate=work, day=today, amount=Decimal("8.50"))
    ProviderSlot.objects.create(gate=work, price=Decimal("3"), until=timezone.now() + timedelta(minutes=1))
    ProviderSlot.objects.create(gate=work, price=Decimal("9"), until=timezone.now() - timedelta(minutes=1))
    day = standings()[2].day
    assert (day.spent, day.reserved, day.spent_percent, day.reserved_percent) == (Decimal("8.5"), 3, 85, 15)
    said = body(superuser())
    assert "R$ 8.50" in said
    assert "R$ 200.00" in said
    assert "R$ 3.00 reserved" in said


def test_limits_in_force_are_told(settings: Settings) -> None:
    settings.C2S_RATE, settings.C2S_CONCURRENCY = "2/second", 10
    ProviderGate.objects.create(provider="c2s", ceiling=3, failures=4)
    said = body(superuser())
    assert "2 a second" in said
    assert "3 just now; usually: 10" in said
    assert "4; left alone after 5" in said


def test_the_switch_asks_first_and_notes_who_and_when() -> None:
    client = logged_in(staff("ana", "change_providergate"))
    assert "Stop asking Work API?" in client.get(SWITCH).content.decode()
    assert not ProviderGate.objects.filter(enabled=False).exists()
    told = client.post(SWITCH, {"to": "off"}, follow=True).content.decode()
    assert "Work API is not asked any more." in told
    assert "Switched off by ana" in told
    with pytest.raises(Withheld):
        gate.enter("work_api", price=Decimal(0), timeout=5.0)
    client.post(SWITCH, {"to": "on"})
    assert "Switched on by ana" in body(client)
    gate.enter("work_api", price=Decimal(0), timeout=5.0)


def test_two_who_switch_off_do_not_switch_on() -> None:
    client = superuser()
    client.post(SWITCH, {"to": "off"})
    assert "Somebody else was faster" in client.post(SWITCH, {"to": "off"}, follow=True).content.decode()
    assert not ProviderGate.objects.get(pk="work_api").enabled
    assert LogEntry.objects.count() == 1


def test_whoever_may_only_look_switches_nothing() -> None:
    client = logged_in(staff("viewer"))
    assert SWITCH not in body(client)
    assert client.post(SWITCH, {"to": "off"}).status_code == 403
    assert not ProviderGate.objects.exists()


def test_a_provider_that_there_is_not_cannot_be_switched() -> None:
    assert superuser().post(f"{PAGE}nobody/switch/", {"to": "off"}).status_code == 404


def test_the_page_asks_as_often_for_ten_calls_as_for_one() -> None:
    client, made = superuser(), rows()
    for name in ("c2s", "diretrix", "work_api"):
        client.post(f"{PAGE}{name}/switch/", {"to": "off"})

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE).status_code == 200
        return len(captured)

    client.get(PAGE)
    for_one = asked()
    call = made[ProviderCall]
    for number in range(10):
        rows(number + 1)
        ProviderSpend.objects.create(gate_id=call.provider, day=timezone.localdate() - timedelta(number + 1))
        client.post(SWITCH, {"to": ("on", "off")[number % 2]})
    assert asked() == for_one <= 10
