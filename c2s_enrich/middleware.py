"""What every request passes before a view sees it, and every answer before it leaves."""

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse

from c2s_enrich.bodies import MOST_BYTES, declared_length
from c2s_enrich.errors import json_error
from c2s_enrich.health import health, ready

Next = Callable[[HttpRequest], HttpResponse]
_PRIVATE = ("/api/", "/admin/", "/health", "/ready", "/metrics")
_PROBES = {"/health": health, "/ready": ready}
# in whatever spelling: what is no address of ours is refused, and the refusal logged
_SECRET_PATH = re.compile(r"(.*?/webhooks/+c2s)/+(.+)", re.DOTALL | re.IGNORECASE)
_GOOGLE_KEY = re.compile(r"(?:(?<=&)|^)google_key=([^&]*)&?")
_AS_IT_CAME = ("RAW_URI", "REQUEST_URI")

_PAGE = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'{scripts}; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# the admin's theme runs on Alpine, which compiles the expressions in its markup
_POLICIES = {"/admin/": _PAGE.format(scripts=" 'unsafe-eval'"), "/api/docs": _PAGE.format(scripts="")}
NOTHING = "default-src 'none'; frame-ancestors 'none'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SecretPathMiddleware:
    """C2S can send no header of ours, so its secret may come in the path: from here on it is in its header.

    The first of all, so that no log, trace or error report ever sees the path as it came.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = _SECRET_PATH.fullmatch(request.path_info)
        if found:
            path, secret = found[1], found[2].removesuffix("/")
            request.path = request.path_info = request.META["PATH_INFO"] = path
            for name in _AS_IT_CAME:
                request.META.pop(name, None)
            request.META["HTTP_X_WEBHOOK_TOKEN"] = secret
        _take_google_key(request)
        return self.get_response(request)


def _take_google_key(request: HttpRequest) -> None:
    """Out of the query and into a header, likewise."""
    query = request.META.get("QUERY_STRING", "")
    if found := _GOOGLE_KEY.search(query):
        request.META["QUERY_STRING"] = _GOOGLE_KEY.sub("", query)
        request.META["HTTP_X_GOOGLE_KEY"] = unquote_plus(found[1])
        for name in _AS_IT_CAME:
            request.META.pop(name, None)


class PrivateAnswersMiddleware:
    """No browser, proxy or cache on the way keeps what the API or the admin answered."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(_PRIVATE):
            response["Cache-Control"] = "no-store"
        return response


class SecurityHeadersMiddleware:
    """Pages may load what we serve ourselves and nothing else; an answer that is no page may load nothing."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return browser_warned(request, self.get_response(request))


def browser_warned(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    policy = next((policy for start, policy in _POLICIES.items() if request.path.startswith(start)), NOTHING)
    response.headers.setdefault("Content-Security-Policy", policy)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


class ReadableMiddleware:
    """What no view could read or store is refused before one tries: a huge body, a NUL in an address."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return unreadable(request) or self.get_response(request)


def unreadable(request: HttpRequest) -> HttpResponse | None:
    if declared_length(request) > MOST_BYTES:
        return json_error(413)
    if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
        return json_error(400)
    return None


class ProbesMiddleware:
    """A machine's probe comes by address, so it is answered before `ALLOWED_HOSTS` and https are asked for."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = _PROBES.get(request.path.rstrip("/"))
        return probe(request) if probe else self.get_response(request)
