from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from c2s_enrich.health import health, ready

_PRIVATE = ("/api/", "/admin/", "/health", "/ready")
_PROBES = {"/health": health, "/ready": ready}


class PrivateAnswersMiddleware:
    """No browser, proxy or cache on the way keeps what the API or the admin answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(_PRIVATE):
            response["Cache-Control"] = "no-store"
        return response


class ProbesMiddleware:
    """A machine's probe comes by address, so it is answered before `ALLOWED_HOSTS` and https are asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = _PROBES.get(request.path.rstrip("/"))
        return probe(request) if probe else self.get_response(request)
