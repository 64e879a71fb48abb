"""What leaves for those who watch the service: errors for Sentry, traces for OpenTelemetry, and nobody's data."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from c2s_enrich import tracing
from c2s_enrich.error_reports import ErrorReports
from c2s_enrich.otlp import OtlpRecorder, ids_of
from enrichment.models import Run, RunState
from enrichment.sandbox import Sandbox
from tests.c2s_enrich.embedded.processes import eventually
from tests.end_to_end.workers import UNHURRIED, Workers
from tests.production import environment, manage
from tests.receiver import Receiver
from tests.webhook_bodies import event

REQUEST = "made-up-request-9"
PRIVATE = (
    "Marina",
    "MARINA",
    "Prado",
    "987654321",
    "98765-4321",
    "52998224725",
    "529.982",
    "example.com",
    "hidden-part",
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def recorder(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[OtlpRecorder]:
    recorder = OtlpRecorder(f"http://{receiver.host}")
    monkeypatch.setattr(tracing, "_recorder", recorder)
    yield recorder
    recorder.provider.shutdown()


@pytest.fixture
def reports(receiver: Receiver) -> Iterator[ErrorReports]:
    reports = ErrorReports(f"http://hidden@{receiver.host}/7")
    logging.getLogger().addHandler(reports)
    yield reports
    logging.getLogger().removeHandler(reports)
    reports.close()


def broken(*_args: Any, **_named: Any) -> None:
    name, token = "Marina Alves Prado", "hidden-part"
    try:
        raise KeyError(f"{name} marina.prado@example.com")
    except KeyError as error:
        raise RuntimeError(f"{name}, 529.982.247-25, (11) 98765-4321, token={token}") from error


@pytest.mark.django_db(transaction=True)
def test_one_trace_leads_from_the_webhook_to_the_message(
    webhook: Callable[..., Any], sandbox: Sandbox, recorder: OtlpRecorder, receiver: Receiver, workers: Workers
) -> None:
    webhook(event(), **{"X-Request-ID": REQUEST})
    recorder.flush()
    assert eventually(lambda: bool(receiver.spans()))
    worker = workers.start(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{receiver.host}", **UNHURRIED)
    workers.wait_until_all_ended()
    # what it has not sent yet it sends when it is told to stop
    worker.terminate()
    worker.wait()
    assert Run.objects.get().state == RunState.COMPLETED

    spans = {span.name: span for span in receiver.spans()}
    trace_id, first_id = (number.to_bytes(size) for number, size in zip(ids_of(REQUEST), (16, 8), strict=True))
    assert {span.trace_id for span in receiver.spans()} == {trace_id}
    above = {span.span_id: span.name for span in receiver.spans()}
    tree = {name: above.get(span.parent_span_id, "") for name, span in spans.items()}
    assert spans["POST c2s-webhook"].span_id == first_id
    assert tree == {
        "POST c2s-webhook": "",
        "queue": "POST c2s-webhook",
        "run": "POST c2s-webhook",
        "diretrix phone": "step discover",
        "diretrix email": "step discover",
        "work_api cpf": "step profile",
        "c2s message_create": "step deliver",
    } | {
        f"step {name}": "run"
        for name in ("identify", "recall", "discover", "choose", "profile", "file", "compose", "deliver")
    }
    told = {attribute.key: attribute.value for attribute in spans["c2s message_create"].attributes}
    assert (told["outcome"].string_value, told["status"].int_value) == ("ok", 201)
    assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in spans.values())
    sent = b"".join(body for _path, body in receiver.taken)
    assert [private for private in PRIVATE if private.encode() in sent] == []


@pytest.mark.django_db(transaction=True)
def test_what_breaks_is_reported_with_its_place_and_ids_and_nobodys_data(
    webhook: Callable[..., Any],
    client: Client,
    sandbox: Sandbox,
    settings: Settings,
    perform: Callable[[Run], Run],
    monkeypatch: pytest.MonkeyPatch,
    reports: ErrorReports,
    receiver: Receiver,
) -> None:
    client.raise_request_exception = False
    webhook(event(), **{"X-Request-ID": REQUEST})
    settings.FAULT_HOOK = f"{__name__}.broken"
    with pytest.raises(RuntimeError):
        perform(Run.objects.get())
    monkeypatch.setattr("webhooks.views.events_take_in", broken)
    assert webhook(event("another"), **{"X-Request-ID": "of-the-api"}).status_code == 500
    assert webhook(event("another yet")).status_code == 500  # within a minute: not told again
    monkeypatch.setattr("django.views.generic.RedirectView.get_redirect_url", broken)
    page = client.get("/?token=hidden-part&q=Marina", headers={"X-Request-ID": "of-a-page", "Cookie": "a=hidden-part"})
    assert page.status_code == 500
    logging.getLogger("another.library").error("of %s", "Marina Prado")
    reports.flush()
    assert eventually(lambda: len(receiver.events()) >= 4)

    run, api, page, other = receiver.events()
    assert [told["tags"]["request_id"] for told in (run, api, page)] == [REQUEST, "of-the-api", "of-a-page"]
    assert (run["tags"]["run"], run["logentry"]["message"]) == (str(Run.objects.get().pk), "run broke")
    for told in (run, api, page):
        assert [raised["type"] for raised in told["exception"]["values"]] == ["KeyError", "RuntimeError"]
        assert told["exception"]["values"][-1]["stacktrace"]["frames"][-1]["function"] == "broken"
    assert other["logentry"]["message"] == "of %s"
    sent = json.dumps([run, api, page, other], ensure_ascii=False)
    assert [private for private in PRIVATE if private in sent] == []
    assert not {"vars", "request", "user", "breadcrumbs", "context_line"} & keys_in([run, api, page, other])


def keys_in(told: Any) -> set[str]:
    if isinstance(told, dict):
        return told.keys() | {key for value in told.values() for key in keys_in(value)}
    return {key for value in told for key in keys_in(value)} if isinstance(told, list) else set()


# of what is installed for the tests' sake the Redis client loads a part by itself
LOADED = """
import sys, c2s_enrich.wsgi, enrichment.worker, webhooks.views
ours = ("sentry_sdk", "opentelemetry.exporter", "google.protobuf", "c2s_enrich.otlp", "c2s_enrich.error_reports")
print([name for name in sys.modules if name.startswith(ours)])
"""


def test_nothing_is_loaded_and_no_request_passes_it_where_nobody_asked_for_it() -> None:
    shown = manage("shell", "-v0", "-c", LOADED, env=environment())
    assert shown.stdout.strip() == "[]", shown.stderr
    assert tracing.span("step", run="x") is tracing.continued("run", "x") is tracing.SILENCE
    assert tracing.traced(broken) is broken
    with pytest.raises(MiddlewareNotUsed):
        tracing.TraceMiddleware(lambda _request: HttpResponse())


def test_who_asks_for_traces_without_what_they_need_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "c2s_enrich.otlp")
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ImproperlyConfigured, match=r"opentelemetry is missing: install requirements-traces\.lock"):
        tracing.begin()


def test_an_address_of_sentry_that_is_none_is_told_without_repeating_it() -> None:
    refused = manage("check", env=environment(SENTRY_DSN="https://put-here-by-mistake"))
    assert "SENTRY_DSN cannot be read as https://key@host/project." in refused.stderr
    assert "by-mistake" not in refused.stderr
