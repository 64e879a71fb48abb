"""From something wrong to somebody who hears of it, and of its end."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from psycopg_pool import PoolTimeout
from pytest_django import Settings

from c2s_enrich import counters
from enrichment.alerts import thresholds
from enrichment.alerts.watch import alerts_watch
from enrichment.demand import lead_demand
from enrichment.models import (
    Alert,
    AlertKind,
    AlertNotice,
    AlertReading,
    Lead,
    ProviderGate,
    ProviderSpend,
    Run,
    RunState,
    Trigger,
)
from enrichment.sandbox import Sandbox
from tests.enrichment.alerts.conftest import sql
from tests.enrichment.alerts.receivers import Receiver
from tests.enrichment.leads import run_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("within_one_hour")]

LASTING = [kind for kind in AlertKind if kind not in ("lead_gave_up", "high_value_lead")]
PERSON = re.compile(r"(?i)marina|prado|529\.?982|98765|@")


def open_breaker(provider: str = "diretrix") -> None:
    ProviderGate.objects.update_or_create(provider=provider, defaults={"open_until": Now()})


def close_breaker() -> None:
    ProviderGate.objects.update(open_until=None)


def five_minutes_pass() -> None:
    past = timedelta(minutes=5, seconds=1)
    AlertNotice.objects.filter(sent_at__isnull=False).update(sent_at=F("sent_at") - past)
    AlertNotice.objects.filter(next_at__isnull=False).update(next_at=F("next_at") - past)


def it_lasts() -> None:
    """As if everything had been so for an hour, instead of since the first look."""
    alerts_watch()
    Alert.objects.exclude(since=None).update(since=F("since") - timedelta(hours=1))
    alerts_watch()


def everything_breaks(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    sql("delete from procrastinate_workers")
    open_breaker()
    lead = Lead.objects.create(lead_id="one-of-many")
    Run.objects.bulk_create([Run(lead=lead, trigger=Trigger.WEBHOOK) for _ in range(101)])
    Run.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    settings.DIRETRIX_BUDGET_DAY, settings.DIRETRIX_BUDGET_MONTH = Decimal(10), Decimal(12)
    ProviderSpend.objects.create(gate_id="diretrix", day=timezone.localdate(), amount=Decimal("9.8"))
    settings.PRICE_DIRETRIX = Decimal("0.35")
    # half of everybody's Redis cannot be filled up in a test
    full = replace(thresholds.THRESHOLDS[AlertKind.REDIS_FULL], limit=0.000_001)
    monkeypatch.setitem(thresholds.THRESHOLDS, AlertKind.REDIS_FULL, full)
    for name, times in (("http|POST|webhook|500|30.0", 60), ("http|GET|health|200|0.005", 40)):
        counters.count(name, times)
    for tier, times in (("provider", 30), ("cache", 31)):
        counters.count(f"tier.{tier}", times)
    somebody_waits_in_vain()


def somebody_waits_in_vain() -> None:
    pool = connection.pool  # type: ignore[attr-defined]
    most = pool.max_size
    pool.resize(0, 1)
    with suppress(PoolTimeout), ExitStack() as taken:
        # however many of them the tests before left there
        while True:
            taken.enter_context(pool.connection(timeout=0.01))
    pool.resize(0, most)


def everything_is_mended(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    sql("insert into procrastinate_workers (last_heartbeat) values (now())")
    close_breaker()
    Run.objects.update(state=RunState.COMPLETED)
    settings.DIRETRIX_BUDGET_DAY = settings.DIRETRIX_BUDGET_MONTH = Decimal(1000)
    monkeypatch.undo()
    AlertReading.objects.all().delete()


def test_each_kind_is_told_once_and_its_end_too(
    told: Receiver,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: Sandbox,
    perform: Callable[[Run], Run],
) -> None:
    alerts_watch()
    assert (told.posted, Alert.objects.count()) == ([], 0)
    settings.HIGH_VALUE_INCOME = Decimal(1000)
    assert perform(run_for(sandbox)).state == RunState.COMPLETED
    assert perform(lead_demand(lead_id="nobody-knows-it", trigger=Trigger.MAKE).run).state == RunState.FAILED
    everything_breaks(settings, monkeypatch)
    it_lasts()
    alerts_watch()
    assert Counter(told.headlines) == dict.fromkeys((str(kind.label) for kind in AlertKind), 1)
    assert not [body for body in told.posted if PERSON.search(str(body))]
    lead = Lead.objects.get(lead_id="lead-1")
    high = told.text_of(str(AlertKind.HIGH_VALUE_LEAD.label))
    assert f"lead-1 https://enrich.example.com/admin/enrichment/lead/{lead.pk}/change/" in high
    assert "nobody-knows-it" in told.text_of(str(AlertKind.LEAD_GAVE_UP.label))
    assert "Diretrix, the day's budget: 98 %" in told.text_of(str(AlertKind.BUDGET_SPENT.label))
    assert "60 % of the answers" in told.text_of(str(AlertKind.MANY_ERRORS.label))
    told.posted.clear()
    everything_is_mended(settings, monkeypatch)
    alerts_watch()
    alerts_watch()
    assert Counter(told.headlines) == dict.fromkeys((f"Over: {kind.label}" for kind in LASTING), 1)
    assert not Alert.objects.exclude(since=None)


def test_many_processes_tell_it_once_and_again_after_five_minutes(told: Receiver) -> None:
    open_breaker()
    alerts_watch()
    Alert.objects.update(since=F("since") - timedelta(minutes=2))
    with ThreadPoolExecutor(6) as processes:
        list(processes.map(lambda _: (alerts_watch(), connection.close()), range(6)))
    assert told.headlines == ["A provider fails and is left alone"]
    open_breaker("work_api")
    close_breaker()
    alerts_watch()
    open_breaker()
    it_lasts()
    assert told.headlines[1:] == ["Over: A provider fails and is left alone"]
    open_breaker("work_api")
    alerts_watch()
    five_minutes_pass()
    alerts_watch()
    assert told.headlines[2:] == ["A provider fails and is left alone"]
    assert told.posted[-1]["attachments"][0]["text"].startswith("Diretrix\nWork API\n")


def test_what_passes_before_it_lasts_is_told_to_nobody(told: Receiver) -> None:
    open_breaker()
    alerts_watch()
    close_breaker()
    alerts_watch()
    assert (told.posted, AlertNotice.objects.count()) == ([], 0)


def test_a_lead_of_high_value_is_news_once_and_given_up_leads_are_told_together(
    told: Receiver, settings: Settings, sandbox: Sandbox, perform: Callable[[Run], Run]
) -> None:
    settings.HIGH_VALUE_PROPERTIES = 1
    perform(run_for(sandbox))
    alerts_watch()
    assert told.posted == []
    settings.HIGH_VALUE_INCOME = Decimal(1000)
    for _ in range(2):
        perform(run_for(sandbox))
        alerts_watch()
        five_minutes_pass()
    assert told.headlines == ["A lead of high value came"]
    for number in range(13):
        perform(lead_demand(lead_id=f"unknown-{number}", trigger=Trigger.MAKE).run)
    alerts_watch()
    lines = told.posted[-1]["attachments"][0]["text"].splitlines()
    assert lines[0].startswith("unknown-0 https://")
    assert (len(lines), lines[10]) == (12, "and 3 more")


def test_an_id_that_looks_like_a_person_or_an_order_is_not_passed_on(
    told: Receiver, sandbox: Sandbox, perform: Callable[[Run], Run]
) -> None:
    perform(lead_demand(lead_id="<!channel> 529.982.247-25 & marina.prado@example.com", trigger=Trigger.MAKE).run)
    alerts_watch()
    [body] = told.posted
    assert body["attachments"][0]["text"].startswith("&lt;!channel&gt; [cpf] &amp; [email] https://")


def test_counters_that_began_anew_and_those_of_one_process_are_not_compared(told: Receiver, settings: Settings) -> None:
    counters.count("http|GET|health|200|0.005", 1000)
    alerts_watch()
    counters.reset()
    counters.count("http|POST|webhook|500|0.005", 60)
    it_lasts()
    assert told.posted == []
    AlertReading.objects.update(at=F("at") - timedelta(seconds=61))
    alerts_watch()
    AlertReading.objects.update(at=F("at") - timedelta(minutes=20))
    settings.REDIS_URL, in_use = "", settings.REDIS_URL
    it_lasts()
    settings.REDIS_URL = in_use
    it_lasts()
    assert told.posted == []
    counters.count("http|POST|webhook|500|0.005", 60)
    it_lasts()
    assert told.headlines == ["Many answers are errors"]
