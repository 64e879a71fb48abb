"""Events that were refused or lost are taken in again by whoever may."""

from collections.abc import Callable
from typing import Any

import pytest

from enrichment.models import Lead
from tests.back_office import list_url, logged_in, page_url, staff
from tests.webhook_bodies import event
from webhooks.models import Door, EventState, WebhookEvent
from webhooks.wording import said_why

pytestmark = pytest.mark.django_db


def kept(lead_id: str) -> WebhookEvent:
    body = event(lead_id)
    return WebhookEvent.objects.create(door=Door.C2S, version=lead_id, payload=body, state=EventState.REJECTED)


def test_only_whoever_may_takes_an_event_in_again() -> None:
    row = kept("lead-1")
    form = {"action": "replay", "_selected_action": str(row.pk)}
    logged_in(staff("viewer")).post(list_url(WebhookEvent), form)
    assert not Lead.objects.exists()
    answer = logged_in(staff("agent", "change_webhookevent")).post(list_url(WebhookEvent), form, follow=True)
    assert "1 event was taken in again." in answer.content.decode()
    row.refresh_from_db()
    assert (row.state, Lead.objects.get().lead_id) == (EventState.PROCESSED, "lead-1")


def test_what_is_still_refused_says_why() -> None:
    row = WebhookEvent.objects.create(door=Door.C2S, version="1", payload={}, state=EventState.REJECTED)
    form = {"action": "replay", "_selected_action": str(row.pk)}
    answer = logged_in(staff("agent", "change_webhookevent")).post(list_url(WebhookEvent), form, follow=True)
    assert "1 event is still refused" in answer.content.decode()


def test_too_many_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhooks.admin.REPLAYED_AT_ONCE", 1)
    rows = [kept("lead-1"), kept("lead-2")]
    form = {"action": "replay", "_selected_action": [str(row.pk) for row in rows]}
    logged_in(staff("agent", "change_webhookevent")).post(list_url(WebhookEvent), form)
    assert not Lead.objects.exists()


def test_one_event_is_taken_in_again_from_its_page() -> None:
    row = kept("lead-1")
    url = f"{page_url(row)[:-7]}replay_this/"
    agent, form = logged_in(staff("agent", "change_webhookevent")), {"_form_submitted": "True"}
    assert logged_in(staff("viewer")).post(url, form).status_code == 403
    assert "Take in again?" in agent.get(url).content.decode()
    assert not Lead.objects.exists()
    assert "1 event was taken in again." in agent.post(url, form, follow=True).content.decode()
    assert Lead.objects.get().lead_id == "lead-1"


@pytest.mark.parametrize("body", [b"{", b"[]", b"[7]", b'{"attributes": {}}', b'{"id": "x"}', b"\xff"])
def test_every_refusal_of_the_door_has_its_words(webhook: Callable[..., Any], body: bytes) -> None:
    webhook(body)
    assert [row.error for row in WebhookEvent.objects.exclude(error="") if said_why(row.error) == row.error] == []
