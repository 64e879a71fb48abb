"""Leads whose webhook never came are found by asking the CRM what changed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import Settings

from enrichment.intake import Arrival, leads_take_in
from enrichment.models import Lead, Run, RunState, Source, Trigger, Watermark
from enrichment.providers.c2s.schemas import lead_card
from enrichment.reconcile import reconcile, reconcile_if_due
from enrichment.sandbox import Sandbox
from enrichment.sandbox.crm import stamp

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)  # other threads must see what was written


@pytest.fixture
def crm(sandbox: Sandbox) -> Sandbox:
    """A CRM without the demonstration's leads."""
    sandbox.world.crm.clear()
    return sandbox


def add(sandbox: Sandbox, lead_id: str, *, ago: timedelta = timedelta(0), **fields: str) -> None:
    at = stamp(timezone.now() - ago)
    sandbox.add_lead(id=lead_id, phone="(11) 98765-4321", created_at=at, **fields)


def webhook_comes(sandbox: Sandbox, lead_ids: list[str]) -> None:
    cards = [lead_card(i, sandbox.lead(i)["attributes"]) for i in lead_ids]  # type: ignore[index]
    leads_take_in(arrivals=[Arrival(card) for card in cards], source=Source.C2S, trigger=Trigger.WEBHOOK)


def pages(sandbox: Sandbox) -> int:
    return sandbox.calls("c2s", "list_leads")


def test_a_tenth_of_the_webhooks_may_be_lost(crm: Sandbox) -> None:
    ids = [f"lead-{n:03}" for n in range(200)]
    for lead_id in ids:
        add(crm, lead_id)
    webhook_comes(crm, [lead_id for n, lead_id in enumerate(ids) if n % 10])
    assert reconcile() == 20
    assert sorted(Lead.objects.values_list("lead_id", flat=True)) == ids
    assert Run.objects.count() == 200
    assert Run.objects.filter(trigger=Trigger.RECONCILE).count() == 20
    assert pages(crm) == 4
    assert reconcile() == 0
    assert (Lead.objects.count(), Run.objects.count()) == (200, 200)


def test_a_webhook_that_comes_late_finds_its_lead_there(crm: Sandbox) -> None:
    add(crm, "lead-1")
    assert reconcile() == 1
    webhook_comes(crm, ["lead-1"])
    assert (Lead.objects.count(), Run.objects.count()) == (1, 1)


def test_the_next_sweep_looks_a_little_further_back_than_the_last_look(crm: Sandbox) -> None:
    reconcile()
    add(crm, "nine-minutes-ago", ago=timedelta(minutes=9))
    add(crm, "an-hour-ago", ago=timedelta(hours=1))
    assert reconcile() == 1
    assert Lead.objects.get().lead_id == "nine-minutes-ago"


def test_the_first_sweep_looks_back_a_day(crm: Sandbox) -> None:
    add(crm, "an-hour-ago", ago=timedelta(hours=1))
    add(crm, "two-days-ago", ago=timedelta(days=2))
    assert reconcile() == 1
    assert Lead.objects.get().lead_id == "an-hour-ago"


def test_a_failure_moves_no_watermark_and_is_tried_again_soon(crm: Sandbox, settings: Settings) -> None:
    settings.RECONCILE_MINUTES = 15
    Watermark.objects.create(name="reconcile", at=Now() - timedelta(hours=2))
    before = Watermark.objects.get().at
    add(crm, "lead-1", ago=timedelta(hours=1))
    crm.faults.set("c2s", outage="503")
    assert reconcile_if_due() == 0
    assert Watermark.objects.get().at == before
    crm.faults.set("c2s", outage=None)
    assert reconcile_if_due() == 1
    after = Watermark.objects.get()
    assert before is not None
    assert after.at is not None
    assert after.at > before
    assert after.busy_until is None


def test_a_failure_on_a_later_page_moves_no_watermark(crm: Sandbox) -> None:
    for n in range(60):
        add(crm, f"lead-{n}")
    crm.faults.next("c2s", "ok", operation="list_leads")
    crm.faults.next("c2s", "status", status=503, operation="list_leads", calls=1)
    assert reconcile() == 0
    assert Watermark.objects.get().at is None
    known = Lead.objects.count()
    assert reconcile() == 60 - known
    assert (Lead.objects.count(), Run.objects.count()) == (60, 60)


@committed
def test_of_many_sweepers_one_sweeps(crm: Sandbox) -> None:
    for n in range(20):
        add(crm, f"lead-{n}")
    crm.faults.set("c2s", latency_ms=150)

    def sweep(_: int) -> int:
        try:
            return reconcile(not_before=timedelta(minutes=1))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(sweep, range(8)))[-2:] == [0, 20]
    assert pages(crm) == 1


def test_a_sweeper_that_died_does_not_block_the_next_for_ever(crm: Sandbox) -> None:
    add(crm, "lead-1")
    Watermark.objects.create(name="reconcile", busy_until=Now() + timedelta(minutes=5))
    assert reconcile() == 0
    Watermark.objects.update(busy_until=Now() - timedelta(seconds=1))
    assert reconcile() == 1


def test_it_is_done_as_often_as_the_setting_says(crm: Sandbox, settings: Settings) -> None:
    settings.RECONCILE_MINUTES = 15
    assert [reconcile_if_due(), pages(crm), reconcile_if_due(), pages(crm)] == [0, 1, 0, 1]
    Watermark.objects.update(last_began=Now() - timedelta(minutes=16))
    reconcile_if_due()
    assert pages(crm) == 2


def test_zero_minutes_is_off(crm: Sandbox, settings: Settings) -> None:
    settings.RECONCILE_MINUTES = 0
    add(crm, "lead-1")
    assert reconcile_if_due() == 0
    assert pages(crm) == 0


@committed
def test_our_own_message_is_no_news(crm: Sandbox, perform: Callable[[Run], Run]) -> None:
    add(crm, "lead-1", name="Marina Alves Prado")
    reconcile()
    assert perform(Run.objects.get()).state in (RunState.COMPLETED, RunState.NEEDS_REVIEW)
    assert len(crm.messages("lead-1")) == 1
    assert reconcile() == 0
    assert Run.objects.count() == 1


def test_a_changed_contact_is_news(crm: Sandbox) -> None:
    add(crm, "lead-1", email="marina.prado@example.com")
    reconcile()
    Run.objects.update(state=RunState.COMPLETED)
    add(crm, "lead-1", email="outra.marina@example.com", ago=timedelta(seconds=-5))
    assert reconcile() == 1
    assert Lead.objects.get().email == "outra.marina@example.com"
    assert Run.objects.count() == 2


def test_a_lead_that_was_closed_before_we_heard_of_it_starts_no_run(crm: Sandbox) -> None:
    crm.add_lead(id="lead-1", phone="(11) 98765-4321", attributes={"done_details": {"done": True}})
    assert reconcile() == 1
    assert Lead.objects.get().closed_at is not None
    assert Run.objects.count() == 0
