"""A secret that stands in an address is nowhere after it was read."""

import hmac
import logging
from collections.abc import Callable, Iterator

import pytest
from django.core.signals import got_request_exception
from django.test import Client
from django.views.debug import ExceptionReporter
from pytest_django import Settings

from webhooks import views

pytestmark = pytest.mark.django_db

SECRET = "hidden-part"


@pytest.fixture
def every_line(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """What any logger says, as it is said: nothing is cut out on the way."""
    lines: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            request = getattr(record, "request", None)
            lines.append(f"{record.getMessage()} {record.__dict__} {request!r} {getattr(request, 'META', '')}")

    listener, root = Listener(), logging.getLogger()
    named = [logging.getLogger(name) for name in ("django", "django.request", "django.server", "django.security")]
    levels = [(logger, logger.level) for logger in (root, *named)]
    for logger, _ in levels:
        logger.setLevel(logging.DEBUG)
    root.addHandler(listener)
    yield lines
    root.removeHandler(listener)
    for logger, level in levels:
        logger.setLevel(level)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/api/v1/webhooks/c2s/{}"),
        ("post", "/api/v1/webhooks/c2s/{}/"),
        ("post", "/api/v1/webhooks/c2s/{}/and/more"),
        ("post", "/api/v1/webhooks/c2s//{}"),
        ("post", "/api/v1/webhooks//c2s/{}"),
        ("post", "//api/v1/webhooks/c2s/{}"),
        ("post", "/API/V1/WEBHOOKS/C2S/{}"),
        ("post", "/webhooks/c2s/{}"),
        ("post", "/api/v2/webhooks/c2s/{}"),
        ("get", "/api/v1/webhooks/c2s/{}"),
        ("put", "/api/v1/webhooks/c2s/{}?a=b"),
        ("post", "/api/v1/webhooks/google-ads?google_key={}"),
        ("post", "/api/v1/webhooks/google-ads?a=b&google_key={}&c=d"),
        ("get", "/nowhere?google_key={}"),
    ],
)
def test_no_logger_hears_a_secret_of_the_address(client: Client, every_line: list[str], method: str, path: str) -> None:
    answer = getattr(client, method)(path.format(SECRET))
    assert answer.status_code in (401, 404, 405)
    assert SECRET not in answer.content.decode()
    assert path.startswith("/api/v1/webhooks/c2s/{}") is False or answer.status_code in (401, 405)
    heard = [line.replace("'HTTP_X_WEBHOOK_TOKEN': 'hidden-part'", "") for line in every_line]
    heard = [line.replace("'HTTP_X_GOOGLE_KEY': 'hidden-part'", "") for line in heard]
    # a refused secret goes on in a header, as if it had come in one
    assert not [line for line in heard if SECRET in line.replace("HTTP_X_WEBHOOK_TOKEN': 'hidden-part/and/more'", "")]


def test_a_report_of_a_broken_request_does_not_have_it_either(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_SECRETS = [SECRET]

    def break_down(_body: object) -> None:
        raise KeyError("broken")

    reports: list[str] = []

    def report(request: object, **_: object) -> None:
        reports.append(ExceptionReporter(request, KeyError, KeyError("broken"), None).get_traceback_text())  # type: ignore[arg-type]

    monkeypatch.setattr(views, "events_take_in", break_down)
    got_request_exception.connect(report)
    answer = client.post(f"/api/v1/webhooks/c2s/{SECRET}", {}, content_type="application/json")
    got_request_exception.disconnect(report)
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
    reports.append(ExceptionReporter(answer.wsgi_request, None, None, None).get_traceback_text())  # type: ignore[attr-defined]
    assert not [text for text in reports if SECRET in text]


def test_every_secret_is_compared_whole(client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the function that takes the same time wherever two differ, and all of them, whichever fits."""
    settings.WEBHOOK_SECRETS = ["the-first-one", "the-second-one"]
    compared: list[bytes] = []

    def counted(one: bytes, other: bytes, compare: Callable[[bytes, bytes], bool] = hmac.compare_digest) -> bool:
        compared.append(other)
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    for given, status in (("the-first-one", 400), ("the-second-one", 400), ("x", 401)):
        compared.clear()
        headers = {"X-Webhook-Token": given}
        answer = client.post("/api/v1/webhooks/c2s", "no JSON", content_type="application/json", headers=headers)
        assert answer.status_code == status
        assert compared == [b"the-first-one", b"the-second-one"]
