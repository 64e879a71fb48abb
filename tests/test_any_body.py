"""Whatever is sent to whichever door: no failure of ours, and no good event is lost among bad ones."""

import json
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from c2s_enrich import throttling
from c2s_enrich.models import Scope, api_key_make
from enrichment.api.process_examples import REST_LEAD
from enrichment.models import Lead, Run
from enrichment.sandbox import Sandbox
from tests.mangled import TYPES, mangled
from tests.webhook_bodies import event
from webhooks import views
from webhooks.examples import GOOGLE_FORM

pytestmark = pytest.mark.django_db(transaction=True)

FEW, MANY = 60, 10_000
SECRET, GOOGLE_KEY = "the-right-secret", "the-right-key"
WHO = {"cpf": "529.982.247-25", "email": "marina.prado@example.com", "phone": "(11) 98765-4321", "name": "Marina"}
GOOD: dict[str, Any] = {
    "webhooks/c2s": event(),
    f"webhooks/c2s/{SECRET}": [event(), {"data": event("another")}],
    "webhooks/google-ads": GOOGLE_FORM | {"google_key": GOOGLE_KEY},
    "leads": REST_LEAD.value,
    "c2s/enrich/lead-1": {},
    "lookup": WHO | {"tiers": "local"},
    "enrich": WHO | {"refresh": False, "dry_run": False},
    "contacts/validate": [WHO, {"phone": 11987654321}],
    "cache/invalidate": {"phone": "(11) 98765-4321"},
}


@pytest.fixture
def headers(sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    settings.PROCESS_WAIT_SECONDS, settings.WEBHOOK_SECRETS = 0, [SECRET]
    settings.GOOGLE_ADS_WEBHOOK_KEYS = [GOOGLE_KEY]
    monkeypatch.setattr(views, "CRM_ID_WITHIN", 0)
    monkeypatch.setattr(throttling, "MOST_FAILURES", 10**6)
    key = api_key_make(name="any body", scopes=Scope.values, rate_per_second=0)[1]
    return {"X-API-Key": key, "X-Webhook-Token": SECRET, "X-Google-Key": GOOGLE_KEY}


def bad_bodies(path: str, times: int) -> Iterator[tuple[bytes, str]]:
    # of the path, so that each door gets bodies of its own, and the same ones each time
    random = Random(path)
    for _ in range(times):
        yield mangled(GOOD[path], random), TYPES[0] if random.random() < 0.8 else random.choice(TYPES)


def send_them(client: Client, headers: dict[str, str], path: str, times: int) -> None:
    told: dict[int, int] = {}
    for body, content_type in bad_bodies(path, times):
        answer = client.generic("POST", f"/api/v1/{path}", body, content_type=content_type, headers=headers)
        told[answer.status_code] = told.get(answer.status_code, 0) + 1
        assert answer.status_code < 500, (answer.content, body[:500])
        assert isinstance(answer.json(), dict)
    print(path, dict(sorted(told.items())))  # noqa: T201  figures to read


def good_ones_among_them(client: Client, headers: dict[str, str], times: int) -> None:
    numbers = count()
    bodies = [json.loads(body) for body, _ in bad_bodies("webhooks/c2s", times * 2) if is_json(body)]
    random = Random(7)
    while len(bodies) > 4:
        batch = [bodies.pop() for _ in range(random.randrange(1, 5))]
        lead_id = f"good-{next(numbers)}"
        batch.insert(random.randrange(len(batch) + 1), event(lead_id))
        told = client.post("/api/v1/webhooks/c2s", batch, content_type="application/json", headers=headers)
        assert (told.status_code, told.json()["processed"] >= 1) == (200, True)
        form = {"lead_id": lead_id, "google_key": GOOGLE_KEY, "user_column_data": [batch]}
        told = client.post("/api/v1/webhooks/google-ads", form, content_type="application/json", headers=headers)
        assert told.status_code == 202, told.content
    sent = next(numbers)
    assert Lead.objects.filter(lead_id__startswith="good-").count() == sent
    assert Lead.objects.filter(source="google_ads").count() == sent
    assert Run.objects.filter(lead__lead_id__startswith="good-").count() == sent


def is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


@pytest.mark.parametrize("path", GOOD)
def test_some_bad_bodies_break_no_door(client: Client, headers: dict[str, str], path: str) -> None:
    send_them(client, headers, path, FEW)


def test_no_good_event_is_lost_among_some_bad_ones(client: Client, headers: dict[str, str]) -> None:
    good_ones_among_them(client, headers, FEW)


@pytest.mark.chaos
@pytest.mark.parametrize("path", GOOD)
def test_ten_thousand_bad_bodies_break_no_door(client: Client, headers: dict[str, str], path: str) -> None:
    send_them(client, headers, path, MANY)


@pytest.mark.chaos
def test_no_good_event_is_lost_among_ten_thousand_bad_ones(client: Client, headers: dict[str, str]) -> None:
    good_ones_among_them(client, headers, MANY)
