"""A call to the API goes straight to its view: sessions, languages, forms and log-ins are for pages."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation

_API = "/api/v1/"


class ShortWayMiddleware:
    """Everything that stands below it in the list is passed by."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._view = _innermost(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(_API):
            return self.get_response(request)
        # this thread may still speak the language of the page that it served before
        translation.deactivate()
        return self._view(request)


def _innermost(layer: Any) -> Callable[[HttpRequest], HttpResponse]:
    """Django wraps the view in one layer after the other, from the last one in the list to the first."""
    while (inner := getattr(layer, "__wrapped__", None)) and hasattr(inner, "get_response"):
        layer = inner.get_response
    view: Callable[[HttpRequest], HttpResponse] = layer
    return view
