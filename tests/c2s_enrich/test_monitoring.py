"""What Prometheus and Grafana are given to read names nothing but what `/metrics` exports."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import get_resolver

from enrichment.alerts.thresholds import SLOW_SHARE, THRESHOLDS, WAIT_ON_PURPOSE
from enrichment.models import AlertKind
from tests.production import ROOT

pytestmark = pytest.mark.django_db
FOLDER = ROOT / "docs" / "monitoring"
NAME = re.compile(r"\bc2s_enrich_[a-z0-9_]+")
LABELS = re.compile(r"(c2s_enrich_[a-z0-9_]+)\{([^}]*)\}")
# what the service cannot tell of itself
FROM_OUTSIDE = {"NothingIsMeasured"}
# what is good news
NO_TROUBLE = {AlertKind.HIGH_VALUE_LEAD}


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    return found


def expressions() -> list[str]:
    return [rule["expr"] for rule in rules()] + [target["expr"] for panel in panels() for target in panel["targets"]]


@pytest.fixture
def exported(client: Client, key: str) -> set[str]:
    """The names of samples, whether there is anything to count yet or not."""
    client.get("/health")
    text = client.get("/metrics", headers={"X-API-Key": key}).content.decode()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    histograms = [name for name, kind in kinds.items() if kind == "histogram"]
    return kinds.keys() | {f"{name}_{part}" for name in histograms for part in ("bucket", "count", "sum")}


def test_every_name_is_exported(exported: set[str]) -> None:
    named = {name for expression in expressions() for name in NAME.findall(expression)}
    named |= set(NAME.findall((ROOT / "deploy" / "kubernetes.yaml").read_text()))
    assert named - exported == set()


def test_every_label_value_is_one_that_the_figure_can_have(client: Client, key: str) -> None:
    """Those that every scrape shows; states and statuses come with what happened."""
    text = client.get("/metrics", headers={"X-API-Key": key}).content.decode()
    asked = {
        (name, label, value)
        for expression in expressions()
        for name, inside in LABELS.findall(expression)
        for label, value in re.findall(r'(kind|result|tier)=~?"([^"]+)"', inside)
    }
    assert {name for name, _, _ in asked} >= {"c2s_enrich_redis_memory_bytes", "c2s_enrich_answers_total"}
    for name, label, values in asked:
        for value in values.split("|"):
            assert re.search(rf'^{name}{{[^}}]*{label}="{value}"', text, re.MULTILINE), (name, label, value)


def test_every_kind_has_a_rule_that_says_what_to_do() -> None:
    assert THRESHOLDS.keys() == set(AlertKind) - NO_TROUBLE
    assert {rule["alert"] for rule in rules()} == {t.rule for t in THRESHOLDS.values()} | FROM_OUTSIDE
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "warn"), rule["alert"]
        assert rule["annotations"].keys() == {"summary", "do"}, rule["alert"]


@pytest.mark.parametrize("kind", THRESHOLDS)
def test_prometheus_and_our_own_alerts_have_the_same_thresholds(kind: AlertKind) -> None:
    ours = THRESHOLDS[kind]
    [rule] = [rule for rule in rules() if rule["alert"] == ours.rule]
    numbers = {float(found) for found in re.findall(r"(?:[<>=] ?|^|\s)(\d+(?:\.\d+)?)(?=\s|$)", rule["expr"])}
    assert ours.limit in numbers
    assert ours.least == 0 or ours.least in numbers
    spans = re.findall(r"\[(\w+)\]", rule["expr"])
    assert set(spans) == ({spelt(timedelta(minutes=ours.minutes))} if ours.minutes else set())
    assert rule.get("for", "0m") == spelt(ours.lasting)


def spelt(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return "1h" if minutes == 60 else f"{minutes}m"


def test_the_same_routes_may_take_their_time() -> None:
    [slow] = [rule["expr"] for rule in rules() if rule["alert"] == "SlowAnswers"]
    assert {frozenset(routes.split("|")) for routes in re.findall(r'route!~"([^"]+)"', slow)} == {WAIT_ON_PURPOSE}
    assert f"histogram_quantile({1 - SLOW_SHARE}" in slow
    assert get_resolver().reverse_dict.keys() >= WAIT_ON_PURPOSE


def test_every_expression_closes_what_it_opens() -> None:
    for expression in expressions():
        bare = re.sub(r'"[^"]*"', "", expression)
        assert [bare.count(sign) for sign in "({["] == [bare.count(sign) for sign in ")}]"], expression


def test_the_redis_gauge_tells_what_redis_says(client: Client, key: str) -> None:
    text = client.get("/metrics", headers={"X-API-Key": key}).content.decode()
    found = dict(re.findall(r'^c2s_enrich_redis_memory_bytes{kind="(\w+)"} (\S+)$', text, re.MULTILINE))
    assert float(found["limit"]) == 256 * 1024 * 1024
    assert 0 < float(found["used"]) < float(found["limit"])
