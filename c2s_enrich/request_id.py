"""One id per request: taken from the caller or made, answered, logged, and stored on the run it starts."""

import re
from collections.abc import Callable
from contextvars import ContextVar

import structlog
from django.core.signals import request_started
from django.http import HttpRequest, HttpResponse

from c2s_enrich.ids import uuid7

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
# it is kept in logs and tables, and could be somebody's CPF or phone
_SOMEBODYS = re.compile(r"[0-9]([._-]*[0-9]){7}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    return _current.get()


def use_request_id(value: str) -> None:
    """Bind an id outside a request, so that a worker's lines carry the id of the request that began it."""
    _current.set(value)
    structlog.contextvars.bind_contextvars(request_id=value or None)


def _forget(**_: object) -> None:
    """A thread serves one request after another: what is refused before it has an id must not bear the last one's."""
    structlog.contextvars.clear_contextvars()
    _current.set("")


request_started.connect(_forget, dispatch_uid="request id")


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
    request_id = given if given and _is_acceptable(given) else str(uuid7())
    structlog.contextvars.clear_contextvars()
    use_request_id(request_id)
    return request_id


def _is_acceptable(given: str) -> bool:
    return bool(_UUID.fullmatch(given) or (_ACCEPTABLE.fullmatch(given) and not _SOMEBODYS.search(given)))
