"""A call to the API passes this one layer: sessions, languages, forms and log-ins are for pages."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.http.response import ResponseHeaders
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import ResolverMatch
from django.utils import translation

from c2s_enrich.middleware import HEADERS, NOTHING, unreadable
from c2s_enrich.request_id import request_id_of
from c2s_enrich.request_times import time_note
from c2s_enrich.tracing import traced

View = Callable[[HttpRequest], HttpResponse]
_API = "/api/v1/"


class ShortWayMiddleware:
    """Does for the API what the layers below it in the list do for pages, as far as the API needs it."""

    def __init__(self, get_response: View) -> None:
        self.get_response, self._view = get_response, _innermost(get_response)
        self._security, self._common = SecurityMiddleware(self._view), CommonMiddleware(self._view)
        self._constant, self._ruled = _as_kept(_headers()), _as_kept({"Cache-Control": "no-store"})
        # by address: the views that may have an answer at hand
        self._keeping: dict[str, ResolverMatch] = {}
        # a host that is not ours is an exception, and an answer all the same
        self._answer: View = traced(convert_exception_to_response(self._admitted))  # type: ignore[arg-type]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(_API):
            return self.get_response(request)
        # this thread may still speak the language of the page that it served before
        translation.deactivate()
        request_id, began = request_id_of(request), time.perf_counter()
        response = self._answer(request)
        time_note(request, response.status_code, time.perf_counter() - began)
        # as Django keeps them: set one by one, each is taken apart and looked through anew
        own = response.headers._store
        told = {**self._constant, **own, **self._ruled, "x-request-id": ("X-Request-ID", request_id)}
        response.headers._store = told
        return response

    def _admitted(self, request: HttpRequest) -> HttpResponse:
        refused = unreadable(request) or self._security.process_request(request)
        response = refused or self._common.process_request(request) or self._kept(request) or self._found(request)
        self._common.process_response(request, response)
        self._security.process_response(request, response)
        return response

    def _kept(self, request: HttpRequest) -> HttpResponse | None:
        """What a view has at hand is sent before anybody looks for the view."""
        match = self._keeping.get(request.path_info)
        if match is None:
            return None
        request.resolver_match = match
        view: Any = match.func
        answer: HttpResponse | None = view.view_class.kept_answer(request)
        return answer

    def _found(self, request: HttpRequest) -> HttpResponse:
        response, match = self._view(request), request.resolver_match
        # an address without anything of its own in it: there are few
        if match and not match.kwargs and hasattr(getattr(match.func, "view_class", None), "kept_answer"):
            self._keeping[request.path_info] = match
        return response


def _headers() -> dict[str, str]:
    """What the layers of pages set by settings that no view changes."""
    opener, frame = settings.SECURE_CROSS_ORIGIN_OPENER_POLICY, settings.X_FRAME_OPTIONS
    told = {"Cross-Origin-Opener-Policy": opener, "X-Frame-Options": frame, "Content-Security-Policy": NOTHING}
    return HEADERS | {name: value for name, value in told.items() if value}


def _as_kept(headers: dict[str, str]) -> dict[str, tuple[str, str]]:
    kept: dict[str, tuple[str, str]] = ResponseHeaders(headers)._store
    return kept


def _innermost(layer: Any) -> View:
    """Django wraps the view in one layer after the other, from the last one in the list to the first."""
    while (inner := getattr(layer, "__wrapped__", None)) and hasattr(inner, "get_response"):
        layer = inner.get_response
    view: View = layer
    return view
