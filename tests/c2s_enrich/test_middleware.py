"""What every answer tells a browser, and what no log is told."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from c2s_enrich.logs import logging_config
from c2s_enrich.middleware import SecretPathMiddleware
from tests.webhook_bodies import event
from webhooks import views

HIDDEN = "a-wrong-secret-that-nobody-may-read"
HOOK = "/api/v1/webhooks/c2s"


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """All that is logged at the lowest level, as production writes it and as it is before anything is cut out."""
    root = logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    raw = io.StringIO()
    logging_config(level="DEBUG", as_json=True)
    written = root.handlers[0]
    assert isinstance(written, logging.StreamHandler)
    written.setStream(io.StringIO())
    uncut = logging.StreamHandler(raw)
    root.addHandler(uncut)
    levels = {name: logging.getLogger(name).level for name in ("django.request", "django.security", "django.server")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield lambda: written.stream.getvalue() + raw.getvalue()
    for name, former in levels.items():
        logging.getLogger(name).setLevel(former)
    structlog.configure(**before)
    root.handlers[:], root.level = handlers, level


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", [f"{HOOK}/{HIDDEN}", f"{HOOK}/{HIDDEN}/", f"{HOOK}/{HIDDEN}/more", f"{HOOK}/%2F{HIDDEN}"]
)
def test_a_wrong_secret_in_the_path_reaches_no_log(client: Client, logged: Callable[[], str], path: str) -> None:
    answer = client.post(path, event(), content_type="application/json")
    assert answer.status_code == 401
    assert HIDDEN not in logged() + answer.content.decode()


@pytest.mark.django_db
def test_a_view_that_breaks_does_not_tell_the_secret_either(
    logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    settings.WEBHOOK_SECRETS = [HIDDEN]
    monkeypatch.setattr(views.C2SWebhook, "post", broken)
    client = Client(raise_request_exception=False)
    assert client.post(f"{HOOK}/{HIDDEN}", "{}", content_type="application/json").status_code == 500
    assert "unexpected failure" in logged()
    assert HIDDEN not in logged()


@pytest.mark.django_db
@pytest.mark.parametrize("path", [f"/api/v1/leads/x?key={HIDDEN}&cpf=52998224725", f"/nowhere/?google_key={HIDDEN}"])
def test_no_query_reaches_a_log(client: Client, logged: Callable[[], str], path: str) -> None:
    client.get(path)
    for private in (HIDDEN, "52998224725"):
        assert private not in logged()


@pytest.mark.django_db
@pytest.mark.parametrize("path", [f"{HOOK}/{{}}", f"{HOOK}/{{}}/"])
def test_the_right_secret_in_the_path_opens_the_door(client: Client, settings: Any, path: str) -> None:
    settings.WEBHOOK_SECRETS = ["right/with+signs=", "other"]
    answer = client.post(path.format("right/with+signs="), event(), content_type="application/json")
    assert (answer.status_code, answer.json()["processed"]) == (200, 1)
    wrong_in_header = client.post(
        path.format("other"), event("b"), content_type="application/json", headers={"X-Webhook-Token": "wrong"}
    )
    assert wrong_in_header.status_code == 200


def test_nothing_of_the_request_holds_the_secret_any_more() -> None:
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    request = RequestFactory().post(f"{HOOK}/{HIDDEN}", RAW_URI=f"{HOOK}/{HIDDEN}")
    SecretPathMiddleware(view)(request)
    meta = {name: value for name, value in seen[0].META.items() if name != "HTTP_X_WEBHOOK_TOKEN"}
    assert HIDDEN not in f"{seen[0]} {seen[0].build_absolute_uri()} {meta}"
    assert seen[0].headers["X-Webhook-Token"] == HIDDEN


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["/health", "/ready", "/metrics", "/api/v1/leads/x", "/api/nowhere", "/api/docs", "/admin/login/", "/nowhere"],
)
def test_every_answer_tells_the_browser_to_be_careful(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert ("default-src 'self'" in answer["Content-Security-Policy"]) == path.startswith(("/api/docs", "/admin"))


@pytest.mark.django_db
def test_only_the_admin_may_compile_scripts_and_nobody_runs_them_inline(client: Client) -> None:
    policies = {path: scripts_of(client.get(path)) for path in ("/admin/login/", "/api/docs")}
    assert policies == {"/admin/login/": "script-src 'self' 'unsafe-eval'", "/api/docs": "script-src 'self'"}


@pytest.mark.django_db
def test_the_documentation_runs_no_inline_script_and_asks_no_other_host(client: Client) -> None:
    page = client.get("/api/docs").content.decode()
    assert "<script>" not in page
    assert "//" not in page.replace("<!DOCTYPE html>", "").replace("://testserver", "")
    script = client.get("/api/docs?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert "SwaggerUIBundle" in script.content.decode()


@pytest.mark.django_db
def test_no_other_origin_may_read_an_answer(client: Client, key: str) -> None:
    headers = {"Origin": "https://elsewhere.example.com", "X-API-Key": key, "Access-Control-Request-Method": "POST"}
    for answer in (client.get("/api/v1/leads/x", headers=headers), client.options("/api/v1/leads/x", headers=headers)):
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
    assert client.options("/api/v1/leads/x", headers=headers).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/leads/a%00b", "/api/v1/leads/x?a=%00", "/admin/login/?next=%00"])
def test_a_nul_in_an_address_is_refused(client: Client, key: str, path: str) -> None:
    answer = client.get(path, headers={"X-API-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_proxys_word_for_https_counts_only_by_setting(settings: Any, proxies: int) -> None:
    settings.TRUSTED_PROXIES = proxies
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if proxies else None
    request = RequestFactory().get("/", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example.com"})
    assert request.is_secure() == bool(proxies)
    assert request.get_host().startswith("testserver")


def scripts_of(answer: Any) -> str:
    policies = str(answer["Content-Security-Policy"]).split("; ")
    return next(policy for policy in policies if policy.startswith("script-src"))


def test_an_error_before_any_view_has_the_shape_of_all(client: Client) -> None:
    answer = client.get("/api/v1/x?%00")
    assert json.loads(answer.content).keys() == {"error", "code", "request_id"}
