from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import structlog
from django.core.signals import request_started
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from c2s_enrich.request_id import RequestIdMiddleware, current_request_id, use_request_id
from enrichment.models import Run
from tests.webhook_bodies import event
from webhooks.models import WebhookEvent


def test_the_callers_id_is_answered(client: Client) -> None:
    assert client.get("/health", headers={"X-Request-ID": "abc.DEF_1-2"})["X-Request-ID"] == "abc.DEF_1-2"


def test_without_one_each_request_gets_its_own(client: Client) -> None:
    made = [UUID(client.get("/health")["X-Request-ID"]) for _ in range(2)]
    assert {one.version for one in made} == {7}
    assert made[0] < made[1]


@pytest.mark.parametrize("given", ["", "a b", "a\tb", "ção", "x" * 65, "<script>", "a\x00b", "../etc"[:2] + "/"])
def test_an_id_that_could_do_harm_is_replaced(given: str) -> None:
    assert UUID(answered(given)["X-Request-ID"])


@pytest.mark.parametrize(
    "given", ["52998224725", "529.982.247-25", "lead-529_982_247_25", "+5511987654321"[1:], "98765-4321"]
)
def test_an_id_that_could_be_somebodys_number_is_replaced(given: str) -> None:
    assert answered(given)["X-Request-ID"] != given


@pytest.mark.parametrize("given", ["4466554", "550e8400-e29b-41d4-a716-446655440000", "req-2025.11"])
def test_other_ids_are_kept(given: str) -> None:
    assert answered(given)["X-Request-ID"] == given


@pytest.mark.django_db
def test_what_is_refused_before_it_has_an_id_bears_no_other_ones(client: Client) -> None:
    client.get("/health", headers={"X-Request-ID": "of-an-earlier-one"})
    request_started.send(sender=None, environ={})
    assert current_request_id() == ""
    assert structlog.contextvars.get_contextvars() == {}


def test_the_id_is_in_the_answer_the_errors_and_the_lines() -> None:
    seen: dict[str, Any] = {}

    def view(_request: HttpRequest) -> HttpResponse:
        seen["current"], seen["lines"] = current_request_id(), structlog.contextvars.get_contextvars()
        return HttpResponse()

    answered("made-up-2", view)
    assert seen == {"current": "made-up-2", "lines": {"request_id": "made-up-2"}}


def test_one_requests_context_does_not_reach_the_next() -> None:
    structlog.contextvars.bind_contextvars(left_behind="by somebody")
    answered("made-up-3")
    assert "left_behind" not in structlog.contextvars.get_contextvars()


def test_a_worker_takes_over_the_id() -> None:
    use_request_id("made-up-4")
    assert current_request_id() == "made-up-4"
    use_request_id("")
    assert structlog.contextvars.get_contextvars()["request_id"] is None


@pytest.mark.django_db
def test_the_id_is_stored_with_the_event_and_the_run_it_starts(webhook: Callable[..., Any]) -> None:
    webhook(event(), **{"X-Request-ID": "made-up-5"})
    assert WebhookEvent.objects.get().request_id == "made-up-5"
    assert Run.objects.get().request_id == "made-up-5"


def answered(given: str, view: Callable[[HttpRequest], HttpResponse] = lambda _request: HttpResponse()) -> HttpResponse:
    return RequestIdMiddleware(view)(RequestFactory().get("/", headers={"X-Request-ID": given}))
