"""What could not be taken in is kept with its reason, to be seen and tried again."""

from collections.abc import Callable
from typing import Any

import pytest

from enrichment.models import Lead, Run, RunState, Source
from tests.webhook_bodies import event
from webhooks import c2s
from webhooks.bodies import storable
from webhooks.c2s import events_take_in
from webhooks.google_ads import form_take_in
from webhooks.kept import body_keep, event_replay
from webhooks.models import Door, EventState, WebhookEvent

pytestmark = pytest.mark.django_db(transaction=True)


def kept(text: str, door: Door = Door.C2S) -> WebhookEvent:
    body_keep(text.encode(), door, "it could not be read then")
    return WebhookEvent.objects.get()


def test_what_still_cannot_be_read_stays_rejected_and_says_why() -> None:
    stored = kept("{")
    assert event_replay(stored) == "The body is not valid JSON."
    assert (stored.state, stored.lead) == (EventState.REJECTED, None)


@pytest.mark.parametrize("payload", [None, [], "text", {"id": "x"}, {"attributes": {}}])
def test_a_rejected_event_stays_rejected_while_nothing_has_changed(payload: Any) -> None:
    receipt = events_take_in([payload])
    [stored] = WebhookEvent.objects.all()
    assert event_replay(stored) == receipt.errors[0][1]
    assert (stored.state, Lead.objects.count()) == (EventState.REJECTED, 0)


def test_what_can_be_read_now_is_taken_in_and_starts_a_run() -> None:
    stored = kept('{"id": "read-at-last", "attributes": {"customer": {"phone": "11 98765-4321"}}}')
    assert event_replay(stored) == ""
    lead = Lead.objects.get()
    assert (stored.state, stored.error, stored.lead, stored.external_id) == (
        EventState.PROCESSED, "", lead, "read-at-last",
    )  # fmt: skip
    assert Run.objects.get().lead == lead


def test_an_array_is_taken_in_whole_or_not_at_all() -> None:
    stored = kept('[{"id": "a", "attributes": {}}, {"id": "b", "attributes": {}}]')
    assert event_replay(stored) == ""
    assert set(Lead.objects.values_list("lead_id", flat=True)) == {"a", "b"}
    WebhookEvent.objects.all().delete()
    assert event_replay(kept('[{"id": "c", "attributes": {}}, 7]')) == "an event must be a JSON object"
    assert not Lead.objects.filter(lead_id="c").exists()
    WebhookEvent.objects.all().delete()
    assert event_replay(kept("[]")) == "there is no event in it"


def test_an_event_that_our_own_mistake_rejected_is_taken_in_once_it_is_mended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as mistaken:
        mistaken.setattr(c2s, "_problem", lambda *_: "a mistake of ours")
        assert events_take_in(event("mended")).errors == [(0, "a mistake of ours")]
    [stored] = WebhookEvent.objects.all()
    assert event_replay(stored) == ""
    assert (stored.state, Lead.objects.get().lead_id) == (EventState.PROCESSED, "mended")


def test_an_event_that_was_taken_in_may_be_replayed(perform: Callable[[Run], Run]) -> None:
    events_take_in(event(phone="1", email=None))
    assert perform(Run.objects.get()).state == RunState.SKIPPED
    assert event_replay(WebhookEvent.objects.get()) == ""
    assert (Run.objects.count(), Lead.objects.count()) == (2, 1)


def test_a_replayed_close_closes_and_starts_nothing() -> None:
    events_take_in(event(hook_action="on_close_lead"))
    assert event_replay(WebhookEvent.objects.get()) == ""
    assert (Run.objects.count(), Lead.objects.get().closed_at is not None) == (0, True)


def test_a_google_form_may_be_replayed() -> None:
    form_take_in({"lead_id": "form-1", "user_column_data": []})
    Run.objects.all().delete()
    stored = WebhookEvent.objects.get()
    assert event_replay(stored) == ""
    assert (Run.objects.get().lead.source, stored.state) == (Source.GOOGLE_ADS, EventState.PROCESSED)


def test_a_google_form_without_an_id_cannot() -> None:
    stored = kept('{"user_column_data": []}', Door.GOOGLE_ADS)
    assert "lead_id" in event_replay(stored)
    assert stored.state == EventState.REJECTED


def test_the_same_body_is_kept_once_and_no_more_of_it_than_is_needed() -> None:
    for _ in range(2):
        body_keep(b"x" * 200_000, Door.C2S, "it is no JSON")
    assert len(WebhookEvent.objects.get().text) == 64 * 1024


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("N\x00UL", "N\ufffdUL"),
        ("\ud83d", "?"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        ({"\x00": ["\x00", 1.5, None, True]}, {"\ufffd": ["\ufffd", 1.5, None, True]}),
    ],
)
def test_what_postgresql_cannot_hold_is_replaced(given: Any, stored: Any) -> None:
    assert storable(given) == stored


def test_levels_have_an_end() -> None:
    assert storable([[["x"]]], levels=2) == [["[nested too deeply]"]]
