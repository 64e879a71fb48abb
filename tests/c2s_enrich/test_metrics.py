"""What a Prometheus server reads at `/metrics`."""

import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from c2s_enrich import counters, known_keys, metrics
from c2s_enrich.models import Scope, api_key_make
from enrichment.models import Lead, ProviderGate, ProviderSpend, Run, RunState, Tier, Trigger
from tests.c2s_enrich.lost_database import led_to, silence

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("within_one_hour")]
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scraped(client: Client, key: str, **headers: str) -> Samples:
    answer = client.get("/metrics", headers={"X-API-Key": key, **headers})
    assert answer.status_code == 200, answer.content
    families = text_string_to_metric_families(answer.content.decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples["c2s_enrich_" + name, tuple(sorted(labels.items()))]


def run_made(state: RunState, tier: str = "", **more: Any) -> Run:
    lead, _ = Lead.objects.get_or_create(lead_id="somebody")
    return Run.objects.create(lead=lead, trigger=Trigger.WEBHOOK, state=state, tier=tier, **more)


@pytest.mark.parametrize("accept", ["*/*", "text/plain", "application/openmetrics-text;version=1.0.0"])
def test_a_scraper_gets_text_whatever_it_accepts(client: Client, key: str, accept: str) -> None:
    answer = client.get("/metrics/", headers={"X-API-Key": key, "Accept": accept})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert value(scraped(client, key), "scrape_complete") == 1


def test_a_key_needs_the_scope(client: Client) -> None:
    _, key = api_key_make(name="all but metrics", scopes=[s for s in Scope.values if s != Scope.METRICS])
    answer = client.get("/metrics", headers={"X-API-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert client.get("/metrics").status_code == 401


def test_the_shared_counters_are_told(client: Client, key: str) -> None:
    counters.counted("contactCache", True, 3)
    counters.counted("contactCache", False)
    counters.answered("provider")
    counters.saved(calls=2, money=Decimal("0.25"))
    samples = scraped(client, key)
    assert value(samples, "cache_requests_total", cache="contactCache", result="hit") == 3
    assert value(samples, "cache_requests_total", cache="contactCache", result="miss") == 1
    assert value(samples, "answers_total", tier="provider") == 1
    assert value(samples, "calls_avoided_total") == 2
    assert value(samples, "money_saved_total") == 0.25


def test_the_queue_is_read_at_the_scrape(client: Client, key: str) -> None:
    assert value(scraped(client, key), "runs_open", state="queued") == 0
    waiting = run_made(RunState.QUEUED)
    Run.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(minutes=2))
    run_made(RunState.RUNNING)
    run_made(RunState.COMPLETED, Tier.CACHE)
    samples = scraped(client, key)
    assert value(samples, "runs_open", state="queued") == value(samples, "runs_open", state="running") == 1
    assert 119 < value(samples, "run_oldest_seconds") < 180
    assert value(samples, "runs_last_hour", state="completed", tier="cache") == 1
    assert value(samples, "workers") == 0


def test_money_and_what_may_be_spent_are_told(client: Client, key: str, settings: Any) -> None:
    settings.DIRETRIX_BUDGET_DAY, settings.DIRETRIX_BUDGET_MONTH = Decimal("10"), None
    gate = ProviderGate.objects.create(provider="diretrix", open_until=timezone.now() + timedelta(minutes=1))
    ProviderSpend.objects.create(gate=gate, day=timezone.localdate(), amount=Decimal("2.5"))
    samples = scraped(client, key)
    assert value(samples, "provider_spent", provider="diretrix", period="day") == 2.5
    assert value(samples, "provider_spent", provider="diretrix", period="month") == 2.5
    assert value(samples, "provider_budget", provider="diretrix", period="day") == 10
    assert value(samples, "provider_budget_spent", provider="diretrix", period="day") == 0
    settings.PRICE_DIRETRIX = Decimal("7.6")
    assert value(scraped(client, key), "provider_budget_spent", provider="diretrix", period="day") == 1
    assert ("c2s_enrich_provider_budget", (("period", "month"), ("provider", "diretrix"))) not in samples
    assert value(samples, "provider_breaker_open", provider="diretrix") == 1
    assert value(samples, "provider_enabled", provider="diretrix") == 1


def test_answers_are_timed_by_route_and_never_by_address(client: Client, key: str) -> None:
    client.get("/api/v1/leads/52998224725", headers={"X-API-Key": key})
    client.get("/nowhere")
    samples = scraped(client, key)
    assert value(samples, "http_request_seconds_count", method="GET", route="lead", status="404") == 1
    assert value(samples, "http_request_seconds_count", method="GET", route="none", status="404") == 1
    assert not [labels for _, labels in samples if "52998224725" in str(labels)]


def test_the_scrape_costs_the_same_however_much_there_is(
    client: Client, key: str, django_assert_num_queries: Any
) -> None:
    scraped(client, key)
    for _ in range(10):
        run_made(RunState.COMPLETED)
    with django_assert_num_queries(11):
        scraped(client, key)


def test_a_database_that_is_away_leaves_the_counters(client: Client, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> Iterator[Any]:
        raise OperationalError
        yield

    counters.answered("cache")
    monkeypatch.setattr(metrics, "_sources", [lost])
    samples = scraped(client, key)
    assert value(samples, "scrape_complete") == 0
    assert value(samples, "answers_total", tier="cache") == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("where", ["gone", "hanging"])
def test_without_a_database_what_redis_knows_is_told_within_two_seconds(
    client: Client, key: str, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    counters.answered("cache")
    scraped(client, key)
    with silence() as silent, led_to(9 if where == "gone" else silent) as lost:
        for module in (metrics, known_keys):
            monkeypatch.setattr(module, "connection", lost)
        monkeypatch.setattr(known_keys, "_LAST_USE_IS_NOTED_EVERY", timedelta(0))
        began = time.monotonic()
        samples = scraped(client, key)
        assert time.monotonic() - began < 2
    assert value(samples, "scrape_complete") == 0
    assert value(samples, "answers_total", tier="cache") == 1
    assert value(samples, "redis_memory_bytes", kind="limit") > 0
    assert ("c2s_enrich_workers", ()) not in samples
    # nor does anybody wait whose key is new to this process
    monkeypatch.setattr(known_keys, "_known", {})
    with silence() as silent, led_to(silent) as lost:
        monkeypatch.setattr(metrics, "connection", lost)
        began = time.monotonic()
        refused = client.get("/metrics", headers={"X-API-Key": key})
        assert time.monotonic() - began < 2
    assert (refused.status_code, refused.json()["error"]) == (
        503,
        "The database is away, and this key has not been seen here before.",
    )
