from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_PRIVATE = ("/api/", "/admin/", "/health", "/ready")


class PrivateAnswersMiddleware:
    """No browser, proxy or cache on the way keeps what the API or the admin answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(_PRIVATE):
            response["Cache-Control"] = "no-store"
        return response
