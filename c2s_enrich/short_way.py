"""A call to the API passes this one layer: sessions, languages, forms and log-ins are for pages."""

import time
from collections.abc import Callable
from typing import Any

from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils import translation

from c2s_enrich.middleware import browser_warned, unreadable
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
        self._frame = XFrameOptionsMiddleware(self._view)
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
        response["Cache-Control"], response["X-Request-ID"] = "no-store", request_id
        return browser_warned(request, response)

    def _admitted(self, request: HttpRequest) -> HttpResponse:
        refused = unreadable(request) or self._security.process_request(request)
        response = refused or self._common.process_request(request) or self._view(request)
        for layer in (self._frame, self._common, self._security):
            layer.process_response(request, response)
        return response


def _innermost(layer: Any) -> View:
    """Django wraps the view in one layer after the other, from the last one in the list to the first."""
    while (inner := getattr(layer, "__wrapped__", None)) and hasattr(inner, "get_response"):
        layer = inner.get_response
    view: View = layer
    return view
