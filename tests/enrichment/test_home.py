"""The home page: its figures, who sees them, and what they cost the database."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from enrichment.figures import arrivals, money_this_month, queue
from enrichment.models import HourlyFigures, Lead, ProviderGate, Run, RunState, Tier, Trigger
from enrichment.providers.standing import gate_state, standings
from enrichment.providers.switch import provider_switch
from enrichment.reviews import reviews_waiting
from enrichment.rollup import figures_roll_up, percentile
from tests.back_office import lead_run, logged_in, rows, staff, superuser
from tests.planner import unlearned

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("within_one_hour")]


def ended(state: RunState = RunState.COMPLETED, tier: str = Tier.CACHE, *, after: float = 2.0, number: int = 0) -> Run:
    lead = Lead.objects.create(lead_id=f"lead-{number}-{state}-{tier}", phone_value="+5511987654321")
    run = Run.objects.create(lead=lead, trigger=Trigger.WEBHOOK, state=state, tier=tier, message_sent=True)
    Run.objects.filter(pk=run.pk).update(finished_at=run.created_at + timedelta(seconds=after))
    return run


def test_an_hour_is_told_by_what_came_of_its_leads() -> None:
    ended()
    ended(RunState.FAILED, "")
    assert figures_roll_up() == 2
    found = arrivals()
    assert (found.hours[-1].leads, found.hours[-1].states) == (2, {"completed": 1, "failed": 1})
    assert found.tiers[Tier.CACHE] == 1
    assert not found.is_stale


def test_counting_again_soon_counts_nothing_and_later_the_same() -> None:
    ended()
    assert (figures_roll_up(), figures_roll_up()) == (1, 0)
    HourlyFigures.objects.update(counted_at=timezone.now() - timedelta(minutes=1))
    assert figures_roll_up() == 1
    assert arrivals().hours[-1].leads == 1


def test_the_latest_run_counts_and_a_refresh_does_not() -> None:
    first = ended(RunState.FAILED, "")
    Run.objects.create(lead=first.lead, trigger=Trigger.ADMIN, state=RunState.COMPLETED, tier=Tier.PROVIDER)
    Run.objects.create(lead=first.lead, trigger=Trigger.REFRESH, state=RunState.QUEUED)
    figures_roll_up()
    assert arrivals().hours[-1].states == {"completed": 1}


def test_a_test_lead_is_not_counted() -> None:
    Lead.objects.filter(pk=ended().lead_id).update(is_test=True)
    assert figures_roll_up() == 0


@pytest.mark.parametrize(("share", "seconds"), [(0.5, 2.0), (0.95, 40.0)])
def test_waits_are_told_within_five_per_cent(share: float, seconds: float) -> None:
    for number in range(9):
        ended(after=2.0, number=number)
    ended(after=40.0, number=9)
    figures_roll_up()
    [waits] = HourlyFigures.objects.exclude(waits={}).values_list("waits", flat=True)
    assert percentile(waits, share) == pytest.approx(seconds, rel=0.05)


def test_nobody_waited_so_there_is_no_median() -> None:
    assert percentile({}, 0.5) is None


def test_what_was_remembered_saved_its_price(settings: Settings) -> None:
    settings.PRICE_DIRETRIX, settings.PRICE_WORK_API = 2, 3
    ended(tier=Tier.CACHE)
    ended(tier=Tier.PROVIDER)
    ended(RunState.NOT_FOUND, Tier.DATABASE)
    figures_roll_up()
    money = money_this_month()
    assert (money.calls_avoided, money.saved) == (3, 7)


def test_the_queue_and_the_reviews_are_counted() -> None:
    ended(RunState.NEEDS_REVIEW)
    waiting = ended(RunState.QUEUED, "")
    assert (queue().waiting, queue().running, queue().oldest) == (1, 0, waiting.created_at)
    assert reviews_waiting() == 1


@pytest.mark.parametrize(
    ("gate", "state"),
    [
        ({}, "well"), ({"enabled": False}, "off"), ({"ceiling": 2}, "slowed"),
        ({"open_until": 60}, "open"), ({"open_until": -1}, "probing"), ({"closed_until": 60}, "waiting"),
    ],
)  # fmt: skip
def test_a_gate_says_its_gravest_trouble(gate: dict[str, int], state: str) -> None:
    now = timezone.now()
    told = {k: now + timedelta(seconds=v) if k.endswith("until") else v for k, v in gate.items()}
    assert gate_state(ProviderGate(provider="c2s", **told), now)[0] == state


def test_a_provider_is_told_by_its_latest_calls() -> None:
    rows()
    work = standings()[2]
    assert (work.lately.calls, work.lately.failed_percent, work.lately.median) == (1, 0.0, 40)


def test_a_switch_changes_once() -> None:
    assert provider_switch(provider="c2s", enabled=False, by="1")
    assert not provider_switch(provider="c2s", enabled=False, by="1")
    assert standings()[0].state == "off"


def test_everybody_sees_what_they_may() -> None:
    nobody = logged_in(staff("nobody", may_view=False))
    assert nobody.get(reverse("desk:figures")).status_code == 403
    assert "Leads today" not in nobody.get(reverse("admin:index")).content.decode()
    reader = logged_in(staff("reader", "view_run", "view_lead", may_view=False))
    body = reader.get(reverse("desk:figures")).content.decode()
    assert "Leads today" in body
    assert "Money this month" not in body


def test_strangers_are_sent_to_the_log_in(client: Client) -> None:
    assert client.get(reverse("desk:figures")).status_code == 302


@pytest.mark.parametrize("name", ["admin:index", "desk:figures"])
def test_the_page_asks_as_often_for_ten_leads_as_for_one(name: str) -> None:
    made, client = rows(), superuser()
    lead_run(made)
    client.get(reverse(name))

    def asked() -> int:
        figures_roll_up()
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(name)).status_code == 200
        return len(captured)

    for_one = asked()
    for number in range(1, 10):
        rows(number)
    assert asked() == for_one <= 16


def plan(question: Callable[[], object]) -> str:
    with CaptureQueriesContext(connection) as captured:
        question()
    told = []
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        for query in captured:
            cursor.execute("explain " + query["sql"])
            told += [line for (line,) in cursor.fetchall()]
    return "\n".join(told)


def test_the_questions_are_answered_by_indexes() -> None:
    rows()
    figures_roll_up()
    unlearned()
    for question in (queue, reviews_waiting, arrivals):
        assert "Seq Scan" not in plan(question)
    assert "provider_calls_by_provider" in plan(standings)
