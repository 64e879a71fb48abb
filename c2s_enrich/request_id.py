"""One id per request: taken from the caller or made, answered, logged, and stored on the run it starts."""

import re
from collections.abc import Callable
from contextvars import ContextVar

import structlog
from django.http import HttpRequest, HttpResponse

from c2s_enrich.ids import uuid7

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    return _current.get()


def use_request_id(value: str) -> None:
    """Bind an id outside a request, so that a worker's lines carry the id of the request that began it."""
    _current.set(value)
    structlog.contextvars.bind_contextvars(request_id=value or None)


class RequestIdMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = request_id_of(request)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


def request_id_of(request: HttpRequest) -> str:
    """The request's own, in use from here on."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    request_id = given if _ACCEPTABLE.fullmatch(given) else str(uuid7())
    structlog.contextvars.clear_contextvars()
    use_request_id(request_id)
    return request_id
