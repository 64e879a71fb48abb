"""Whatever goes wrong under /api/ is said in one shape."""

import json
from typing import Any

import pytest
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from c2s_enrich import errors
from c2s_enrich.api_keys import ApiKeyAuthentication
from c2s_enrich.errors import SENTENCES, Refusal
from c2s_enrich.urls import handler400, handler404, handler500
from c2s_enrich.urls import urlpatterns as ours

PRIVATE = "of 52998224725 with the token hidden-part"
FAILURES: dict[str, tuple[Exception, int, str]] = {
    "refusal": (Refusal(422, "At most 1000 events at once.", "too_many_events"), 422, "too_many_events"),
    "conflict": (Refusal(409), 409, "conflict"),
    "fields": (exceptions.ValidationError({"cpf": ["Not a CPF."]}), 400, "invalid"),
    "list": (exceptions.ValidationError(["Not an object."]), 400, "invalid"),
    "json": (exceptions.ParseError(PRIVATE), 400, "malformed_json"),
    "suspicious": (SuspiciousOperation(PRIVATE), 400, "bad_request"),
    "no_key": (exceptions.NotAuthenticated(), 401, "unauthenticated"),
    "scope": (PermissionDenied(PRIVATE), 403, "forbidden"),
    "gone": (Http404(PRIVATE), 404, "not_found"),
    "method": (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
    "accept": (exceptions.NotAcceptable(), 406, "not_acceptable"),
    "large": (RequestDataTooBig(PRIVATE), 413, "too_large"),
    "type": (exceptions.UnsupportedMediaType("text/plain"), 415, "not_json"),
    "throttled": (exceptions.Throttled(wait=0.2), 429, "too_many_requests"),
    "database": (OperationalError(PRIVATE), 503, "unavailable"),
    "connection": (InterfaceError(PRIVATE), 503, "unavailable"),
    "provider": (Refusal(502), 502, "provider_failed"),
    "slow": (Refusal(504), 504, "provider_too_slow"),
    "bug": (RuntimeError(PRIVATE), 500, "server_error"),
}


class Failing(APIView):
    authentication_classes = (ApiKeyAuthentication,)
    permission_classes = ()

    def get(self, request: Request, kind: str) -> Response:
        raise FAILURES[kind][0]

    def post(self, request: Request, kind: str) -> Response:
        return Response(request.data)


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError(PRIVATE)


__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]
urlpatterns = [path("api/v1/fails/<kind>", Failing.as_view()), path("api/v1/broken", broken), *ours]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def patient() -> Client:
    """Answers as a browser sees them: an exception is a page, not a failed test."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("kind", FAILURES)
def test_every_failure_has_one_shape(patient: Client, kind: str) -> None:
    _, status, code = FAILURES[kind]
    answer = patient.get(f"/api/v1/fails/{kind}", headers={"X-Request-ID": "made-up-1"})
    body = answer.json()
    assert (answer.status_code, body["code"], body["request_id"]) == (status, code, "made-up-1")
    assert body["error"].endswith((".", "shortly."))
    assert body.keys() - {"details"} == {"error", "code", "request_id"}
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("kind", FAILURES)
def test_no_failure_tells_anything_private(patient: Client, kind: str) -> None:
    text = patient.get(f"/api/v1/fails/{kind}").content.decode()
    assert "52998224725" not in text
    assert "hidden-part" not in text
    assert "Traceback" not in text


def test_wrong_fields_are_told_one_by_one(patient: Client) -> None:
    assert patient.get("/api/v1/fails/fields").json()["details"] == {"cpf": ["Not a CPF."]}
    assert patient.get("/api/v1/fails/list").json()["details"] == {"body": ["Not an object."]}


def test_who_must_wait_is_told_for_how_long(patient: Client) -> None:
    assert patient.get("/api/v1/fails/throttled")["Retry-After"] == "1"
    assert patient.get("/api/v1/fails/database")["Retry-After"] == "5"
    assert errors.answer_for_exception(Refusal(429, retry_after=7), None)["Retry-After"] == "7"


def test_who_lacks_a_credential_is_told_which_kind(patient: Client) -> None:
    assert patient.get("/api/v1/fails/no_key")["WWW-Authenticate"] == "Bearer"


def test_only_what_nobody_expected_is_logged_as_a_failure(monkeypatch: pytest.MonkeyPatch, patient: Client) -> None:
    told: list[str] = []
    monkeypatch.setattr(errors.log, "error", lambda text, **_: told.append(text))
    for kind in FAILURES:
        patient.get(f"/api/v1/fails/{kind}")
    assert sorted(told) == ["database unavailable", "database unavailable", "unexpected failure"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [("{", "application/json", 400, "malformed_json"), ("a=1", "application/x-www-form-urlencoded", 415, "not_json")],
)
def test_a_body_that_is_no_json_is_refused(
    patient: Client, body: str, content_type: str, status: int, code: str
) -> None:
    answer = patient.post("/api/v1/fails/none", body, content_type=content_type)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("address", ["/api/", "/api/v1/nothing", "/api/v1/leads/a/b/c", "/api/v2/leads"])
def test_an_unknown_address_below_api_answers_json(patient: Client, address: str) -> None:
    answer = patient.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert answer.json()["request_id"] == answer["X-Request-ID"]
    assert answer["Cache-Control"] == "no-store"


def test_an_unknown_page_elsewhere_is_a_page(patient: Client) -> None:
    answer = patient.get("/nothing-here")
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_broken_view_below_api_answers_json(patient: Client) -> None:
    answer = patient.get("/api/v1/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")


def test_a_foreign_host_below_api_is_refused_in_json(patient: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["c2s-enrich.example.com"]
    answer = patient.get("/api/v1/nothing", headers={"Host": "elsewhere.example.com"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert answer["Cache-Control"] == "no-store"


def test_pages_elsewhere_stay_pages_when_they_fail() -> None:
    request = RequestFactory().get("/admin/")
    for page in (errors.server_error(request), errors.bad_request(request, SuspiciousOperation())):
        assert page["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/admin/", "/api/v1/lookup"])
def test_without_the_database_whoever_comes_is_asked_to_wait(path: str) -> None:
    request = RequestFactory().get(path)
    try:
        raise OperationalError(PRIVATE)
    except OperationalError as away:
        unsaved = SessionInterrupted()
        unsaved.__context__ = away
        for answer in (errors.server_error(request), errors.bad_request(request, unsaved)):
            assert (answer.status_code, answer["Retry-After"]) == (503, "5")
            assert "hidden-part" not in answer.content.decode()
            assert answer["Content-Type"].startswith("application/json" if "api" in path else "text/html")


def test_every_sentence_has_a_word_of_its_own() -> None:
    words = [code for code, _ in SENTENCES.values()]
    assert len(words) == len(set(words))
    assert json.dumps(errors.error_body("a", "b", None)).count(":") == 3
