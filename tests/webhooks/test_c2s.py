"""The door of C2S: whatever comes, good events are stored once with their job, and the rest is kept with its reason."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from c2s_enrich.bodies import MOST_BYTES
from enrichment.models import Lead, LeadMessage, ProviderCall, Run, RunState
from enrichment.providers.c2s.schemas import MESSAGES_AT_MOST
from enrichment.sandbox import Sandbox
from tests.conftest import WEBHOOK_SECRET
from tests.webhook_bodies import event
from webhooks.models import EventState, WebhookEvent

pytestmark = pytest.mark.django_db(transaction=True)
Webhook = Callable[..., Any]

PATH = "/api/v1/webhooks/c2s"


def counts(answer: Any) -> tuple[int, int, int, int]:
    told = answer.json()
    return told["received"], told["processed"], told["duplicates"], told["rejected"]


def jobs() -> int:
    """Those of this test's runs: the queue's own tables are not emptied."""
    runs = [str(pk) for pk in Run.objects.values_list("pk", flat=True)]
    return ProcrastinateJob.objects.filter(task_name="look_at_run", args__run_id__in=runs, status="todo").count()


def post(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    return client.post(path, event() if body is None else body, content_type="application/json", headers=headers)


def test_the_answer_has_the_contracts_fields(webhook: Webhook) -> None:
    assert webhook([event(), event(), "no event"]).json() == {
        "status": "received",
        "received": 3,
        "processed": 1,
        "duplicates": 1,
        "rejected": 1,
        "errors": [{"index": 2, "error": "an event must be a JSON object"}],
    }


def test_what_was_answered_is_stored_with_its_job(webhook: Webhook) -> None:
    webhook(event())
    stored = WebhookEvent.objects.get()
    run = Run.objects.get()
    assert (stored.state, stored.lead, run.lead) == (EventState.PROCESSED, Lead.objects.get(), stored.lead)
    assert stored.payload == event()
    assert jobs() == 1
    assert run.request_id == stored.request_id != ""


def test_an_event_may_be_wrapped_in_data(webhook: Webhook) -> None:
    assert counts(webhook({"data": event("wrapped")})) == (1, 1, 0, 0)
    assert counts(webhook({"hook_action": "on_create_lead", "data": event("wrapped-too")})) == (1, 1, 0, 0)
    assert set(Lead.objects.values_list("lead_id", flat=True)) == {"wrapped", "wrapped-too"}


def test_a_slash_at_the_end_makes_no_difference(client: Client, settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = [WEBHOOK_SECRET]
    answers = [
        post(client, f"{PATH}/", **{"X-Webhook-Token": WEBHOOK_SECRET}),
        post(client, f"{PATH}/{WEBHOOK_SECRET}"),
        post(client, f"{PATH}/{WEBHOOK_SECRET}/"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [counts(answer) for answer in answers] == [(1, 1, 0, 0), (1, 0, 1, 0), (1, 0, 1, 0)]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (PATH, {}),
        (PATH, {"X-Webhook-Token": "wrong"}),
        (PATH, {"X-Webhook-Token": "sécret"}),
        (f"{PATH}/wrong", {}),
        (f"{PATH}/{WEBHOOK_SECRET}/more", {}),
        (PATH, {"Authorization": f"Bearer {WEBHOOK_SECRET}"}),
    ],
)
def test_no_secret_no_entry(client: Client, settings: Settings, path: str, headers: dict[str, str]) -> None:
    settings.WEBHOOK_SECRETS = [WEBHOOK_SECRET]
    answer = post(client, path, **headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_secret")
    assert WebhookEvent.objects.count() == 0


def test_nobody_enters_where_no_secret_is_set(client: Client, settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = []
    assert post(client, PATH, **{"X-Webhook-Token": ""}).status_code == 401


def test_two_secrets_are_valid_while_they_rotate(client: Client, settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = ["the-new-one", "the-old-one"]
    answers = [post(client, f"{PATH}/{secret}") for secret in settings.WEBHOOK_SECRETS]
    assert [answer.status_code for answer in answers] == [200, 200]


def test_wrong_secrets_are_throttled_and_the_right_one_never_is(client: Client, settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = [WEBHOOK_SECRET]
    answers = [post(client, f"{PATH}/guess-{n}") for n in range(21)]
    assert [answer.status_code for answer in answers] == [401] * 20 + [429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert post(client, f"{PATH}/{WEBHOOK_SECRET}").status_code == 200


@pytest.mark.parametrize(
    "updated_at",
    ["2025-11-22T10:00:02.123-03:00", "2025-11-22T13:00:02.123Z", "2025-11-22 10:00:02.123 -0300"],
)
def test_one_moment_in_another_spelling_is_the_same_event(webhook: Webhook, updated_at: str) -> None:
    assert counts(webhook(event(updated_at="2025-11-22T13:00:02.123"))) == (1, 1, 0, 0)  # naive: UTC
    assert counts(webhook(event(updated_at=updated_at, name="Somebody Else"))) == (1, 0, 1, 0)


@pytest.mark.parametrize("updated_at", [None, "yesterday", "9999-99-99T00:00:00Z"])
def test_without_a_moment_the_content_is_the_key(webhook: Webhook, updated_at: str | None) -> None:
    assert counts(webhook(event(updated_at=updated_at))) == (1, 1, 0, 0)
    assert counts(webhook(event(updated_at=updated_at))) == (1, 0, 1, 0)
    assert counts(webhook(event(updated_at=updated_at, name="Marina Prado"))) == (1, 1, 0, 0)


def test_an_older_event_overwrites_nothing(webhook: Webhook) -> None:
    webhook(event(name="Newer", updated_at="2025-11-22T12:00:00Z"))
    assert counts(webhook(event(name="Older", updated_at="2025-11-22T11:00:00Z"))) == (1, 1, 0, 0)
    assert Lead.objects.get().customer_name == "Newer"


def test_a_moment_that_is_still_to_come_keeps_no_later_word_away(webhook: Webhook) -> None:
    webhook(event(name="Antiga", updated_at="2099-01-01T00:00:00Z"))
    webhook(event(name="Marina Nova", updated_at="2025-11-23T10:00:00Z"))
    assert Lead.objects.get().customer_name == "Marina Nova"
    # and from here on the order counts as ever
    webhook(event(name="Marina Velha", updated_at="2025-11-22T10:00:00Z"))
    assert Lead.objects.get().customer_name == "Marina Nova"


def test_of_an_endless_conversation_the_newest_words_are_kept(webhook: Webhook) -> None:
    said = [{"message": f"palavra {n}", "sender": "customer"} for n in range(20_000)]
    began = time.process_time()
    assert webhook(event(messages=said)).status_code == 200
    assert time.process_time() - began < 3
    assert LeadMessage.objects.count() == MESSAGES_AT_MOST
    assert LeadMessage.objects.filter(body="palavra 19999").exists()


def test_a_known_lead_is_brought_up_to_date_and_keeps_what_is_not_told(webhook: Webhook) -> None:
    webhook(event(updated_at="2025-11-22T11:00:00Z", seller={"name": "Corretor Exemplo"}))
    webhook(event(updated_at="2025-11-22T12:00:00Z", name="Marina Prado", email=None))
    lead = Lead.objects.get()
    assert (lead.customer_name, lead.email, lead.seller) == (
        "Marina Prado", "marina.prado@example.com", "Corretor Exemplo",
    )  # fmt: skip
    assert (lead.phone_value, lead.crm_id) == ("+5511987654321", lead.lead_id)


def test_a_closed_lead_is_closed_and_nobody_is_paid(
    sandbox: Sandbox, webhook: Webhook, perform: Callable[[Run], Run]
) -> None:
    webhook(event(updated_at="2025-11-22T11:00:00Z"))
    answer = webhook(event(updated_at="2025-11-22T12:00:00Z", hook_action="on_close_lead"))
    assert counts(answer) == (1, 1, 0, 0)
    assert Lead.objects.get().closed_at is not None
    assert perform(Run.objects.get()).state == RunState.SKIPPED
    assert ProviderCall.objects.count() == 0


def test_a_lead_that_was_closed_before_we_heard_of_it_starts_no_run(webhook: Webhook) -> None:
    webhook(event(hook_action="on_close_lead"))
    assert (Lead.objects.count(), Run.objects.count()) == (1, 0)


def test_no_provider_is_called_in_the_request(webhook: Webhook) -> None:
    """The tests' provider addresses answer nobody: a call would fail."""
    assert webhook([event(f"lead-{n}") for n in range(20)]).status_code == 200
    assert ProviderCall.objects.count() == 0


BAD_EVENTS: list[Any] = [
    None, True, 7, 1.5, "text", [], [[event()]], {}, {"data": None}, {"data": []}, {"id": "x"},
    {"id": "", "attributes": {}}, {"id": None, "attributes": {}}, {"id": [], "attributes": {}},
    {"id": "x", "attributes": []}, {"id": "x", "attributes": "text"}, {"id": "x" * 192, "attributes": {}},
]  # fmt: skip


def test_one_bad_event_never_spoils_its_neighbours(webhook: Webhook) -> None:
    mixed = [given for n, bad in enumerate(BAD_EVENTS) for given in (bad, event(f"good-{n}"))]
    answer = webhook(json.dumps(mixed))
    assert counts(answer) == (len(mixed), len(BAD_EVENTS), 0, len(BAD_EVENTS))
    assert [error["index"] for error in answer.json()["errors"]] == list(range(0, len(mixed), 2))
    assert Run.objects.count() == len(BAD_EVENTS)
    kept = WebhookEvent.objects.filter(state=EventState.REJECTED)
    assert (kept.count(), kept.filter(error="").count()) == (len(BAD_EVENTS), 0)


STRANGE = [
    '{"id": "a", "attributes": {"customer": {"name": "N\\u0000UL", "email": "\\ud83d"}, "\\u0000": "\\u0000"}}',
    '{"id": "a", "id": "b", "attributes": {}, "attributes": {"customer": {"name": "last one wins"}}}',
    '{"id": 123456789012345678901234567890, "attributes": {}}',
    f'{{"id": "a", "attributes": {{"price": {"9" * 4400}}}}}',
    '{"id": "a", "attributes": {"x": 1e999, "y": -1e999, "z": NaN, "n": Infinity, "tiny": 1e-999}}',
    '{"id": "a", "attributes": {"customer": [1, {"name": {}}], "messages": {"message": 5}, "seller": "x"}}',
    '{"id": "a", "attributes": {"customer": {"name": ["x"], "phone": 5511987654321, "email": true}}}',
    '\ufeff{"id": "a", "attributes": {}}',
]


@pytest.mark.parametrize("body", STRANGE)
def test_strange_json_is_taken_in(webhook: Webhook, body: str) -> None:
    assert counts(webhook(body)) == (1, 1, 0, 0)
    assert counts(webhook(body)) == (1, 0, 1, 0)
    assert Run.objects.count() == 1


def test_a_huge_or_nested_event_spoils_only_itself(webhook: Webhook) -> None:
    nested = '{"id": "deep", "attributes": {"x": ' + "[" * 300 + "]" * 300 + "}}"
    answer = webhook(f"[{json.dumps(event())}, {nested}]")
    assert counts(answer) == (2, 1, 0, 1)
    assert "nested" in answer.json()["errors"][0]["error"]
    assert "[nested too deeply]" in json.dumps(WebhookEvent.objects.get(external_id="deep").payload)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"not json", b"\xff\xfe\x00", b'{"a": "\xc3\x28"}', b"[" * 100_000, b"\x00" * 10, b"[1,]"],
)
def test_a_body_that_is_no_json_is_refused_and_kept(webhook: Webhook, body: bytes) -> None:
    answer = webhook(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
    assert webhook(body).status_code == 400
    kept = WebhookEvent.objects.get()
    assert (kept.state, kept.payload, kept.error) == (EventState.REJECTED, None, answer.json()["error"])
    assert len(kept.text) == min(len(body.decode("utf-8", "replace")), 64 * 1024)


def test_five_megabytes_are_read_and_one_byte_more_is_refused(webhook: Webhook) -> None:
    head, tail = b'{"id": "large", "attributes": {"description": "', b'"}}'
    filling = b"x" * (MOST_BYTES - len(head) - len(tail))
    assert webhook(head + filling + tail).status_code == 200
    refused = webhook(head + filling + b"x" + tail)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


def test_the_content_type_does_not_matter(client: Client, settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = [WEBHOOK_SECRET]
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "nonsense"):
        answer = client.post(f"{PATH}/{WEBHOOK_SECRET}", json.dumps(event(content_type)), content_type=content_type)
        assert (answer.status_code, counts(answer)) == (200, (1, 1, 0, 0))


def test_a_thousand_events_are_taken_in_and_one_more_is_refused(webhook: Webhook) -> None:
    events = [event(f"lead-{n}") for n in range(1001)]
    answer = webhook(events)
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_events")
    assert Lead.objects.count() == 0
    assert counts(webhook(events[:1000])) == (1000, 1000, 0, 0)
    assert (Lead.objects.count(), Run.objects.count(), jobs()) == (1000, 1000, 1000)


def test_a_thousand_events_cost_as_many_queries_as_two_and_less_than_a_second(webhook: Webhook) -> None:
    said = [{"created_at": "2025-11-22T09:58:11Z", "sender": "customer", "message": "Oi"}]

    def some(name: str, count: int, at: str) -> list[dict[str, Any]]:
        return [event(f"{name}-{n}", updated_at=at, messages=said) for n in range(count)]

    webhook(event())
    queries = []
    for count in (2, 1000):
        for at in ("2025-11-22T11:00:00Z", "2025-11-22T12:00:00Z", "2025-11-22T12:00:00Z"):
            with CaptureQueriesContext(connection) as captured:
                webhook(some(f"of-{count}", count, at))
            queries.append(len(captured))
    # new leads, known ones, and nothing but duplicates
    assert queries[:3] == queries[3:] == [10, 11, 4]
    body = json.dumps(some("timed", 1000, "2025-11-22T11:00:00Z"))
    began, worked = time.perf_counter(), time.process_time()
    webhook(body)
    took, worked = time.perf_counter() - began, time.process_time() - worked
    print(f"1000 events: {took:.2f} s, of it {worked:.2f} s at work")  # noqa: T201  a figure for whoever reads along
    # what other processes of a busy machine take is not ours, though they slow it down: `make bench` has the figure
    assert worked < 3


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_another_method_is_refused_in_our_shape(client: Client, settings: Settings, method: str) -> None:
    settings.WEBHOOK_SECRETS = [WEBHOOK_SECRET]
    answer = getattr(client, method)(f"{PATH}/{WEBHOOK_SECRET}")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert WEBHOOK_SECRET not in answer.content.decode()
