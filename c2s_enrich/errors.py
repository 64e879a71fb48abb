"""One shape for every refusal: a clear sentence, a machine word, details by field, the request's id."""

import math
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions, status
from rest_framework.response import Response

from c2s_enrich.disk_full import trouble_told
from c2s_enrich.patience import DATABASE_AWAY
from c2s_enrich.request_id import current_request_id

log = structlog.get_logger(__name__)

# what who came while the database was away is told to wait, in seconds
_AGAIN_AFTER = 5

SENTENCES: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request could not be understood."),
    401: ("unauthenticated", "A valid credential is needed."),
    403: ("forbidden", "This credential may not do that."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not answer that method."),
    406: ("not_acceptable", "This address answers JSON only."),
    409: ("conflict", "This contradicts what is stored."),
    413: ("too_large", "The body is larger than 5 MB."),
    415: ("not_json", "The body must be JSON (Content-Type: application/json)."),
    422: ("refused", "The request is well-formed but was refused."),
    429: ("too_many_requests", "Too many requests: wait and try again."),
    500: ("server_error", "Something went wrong here; it has been noted."),
    502: ("provider_failed", "A provider did not answer as it should."),
    503: ("unavailable", "The service cannot store anything right now: try again shortly."),
    504: ("provider_too_slow", "A provider did not answer in time."),
}

_OF_DJANGO: dict[type[Exception], int] = {
    Http404: 404,
    PermissionDenied: 403,
    RequestDataTooBig: 413,
    SuspiciousOperation: 400,
}


class Refusal(exceptions.APIException):
    """A refusal with its own status, word and sentence."""

    def __init__(
        self,
        status_code: int,
        sentence: str | None = None,
        code: str | None = None,
        *,
        details: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        default_code, default_sentence = SENTENCES.get(status_code, SENTENCES[500])
        super().__init__(detail=sentence or default_sentence, code=code or default_code)
        self.status_code = status_code
        self.code, self.sentence = code or default_code, sentence or default_sentence
        self.details, self.retry_after = details, retry_after


def error_body(code: str, sentence: str, details: Mapping[str, Any] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"error": sentence, "code": code, "request_id": current_request_id()}
    return body | ({"details": dict(details)} if details else {})


def answer_for_exception(exc: Exception, _context: Any) -> Response:
    """DRF's exception handler: everything that can go wrong in a view, said in our shape."""
    refusal = _as_refusal(exc)
    response = Response(error_body(refusal.code, refusal.sentence, refusal.details), status=refusal.status_code)
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    if refusal.status_code == status.HTTP_401_UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _as_refusal(exc: Exception) -> Refusal:
    match exc:
        case Refusal():
            return exc
        case exceptions.ValidationError():
            detail = exc.detail if isinstance(exc.detail, dict) else {"body": exc.detail}
            return Refusal(400, "Some fields are missing or wrong.", "invalid", details=detail)
        case exceptions.ParseError():
            return Refusal(400, "The body is not valid JSON.", "malformed_json")
        case exceptions.Throttled():
            return Refusal(429, retry_after=math.ceil(getattr(exc, "wait", None) or 1))
        case exceptions.APIException():
            return Refusal(exc.status_code)
    if isinstance(exc, DATABASE_AWAY):
        log.error("database unavailable", kind=trouble_told(exc))
        return Refusal(503, retry_after=_AGAIN_AFTER)
    known = next((status_code for kind, status_code in _OF_DJANGO.items() if isinstance(exc, kind)), 500)
    if known == 500:
        log.error("unexpected failure", exc_info=exc)
    return Refusal(known)


def json_error(status_code: int) -> JsonResponse:
    return JsonResponse(error_body(*SENTENCES[status_code]), status=status_code)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith("/api/"):
        return json_error(404)
    from django.views.defaults import page_not_found

    return page_not_found(request, exception)


def _is_away(error: BaseException | None) -> bool:
    """Whether the database's absence is behind it: Django calls a session it could not store a bad request."""
    while error is not None and not isinstance(error, DATABASE_AWAY):
        error = error.__cause__ or error.__context__
    return error is not None


def _away(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    if error is not None:
        trouble_told(error)
    answer = json_error(503) if request.path.startswith("/api/") else render(request, "503.html", status=503)
    answer["Retry-After"] = str(_AGAIN_AFTER)
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    if _is_away(sys.exception()):
        return _away(request, sys.exception())
    if request.path.startswith("/api/"):
        return json_error(500)
    from django.views.defaults import server_error as page

    return page(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_away(exception):
        return _away(request, exception)
    if request.path.startswith("/api/"):
        return json_error(400)
    from django.views.defaults import bad_request as page

    return page(request, exception)
