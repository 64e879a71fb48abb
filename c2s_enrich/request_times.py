"""How long answers take, by route: counted like everything else, over all processes."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from c2s_enrich.counters import count

TIMES, SEPARATOR = "http", "|"
# from here on an answer is slow: a bucket ends there, so that nobody has to guess how many were
SLOW = 2.0
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, SLOW, 2.5, 10.0, 30.0)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class RequestTimesMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        time_note(request, response.status_code, time.perf_counter() - began)
        return response


def time_note(request: HttpRequest, status: int, seconds: float) -> None:
    """By the route's name: an address may tell who is meant, and there are endless many."""
    match = request.resolver_match
    route = f"{match.app_name}:{match.url_name}".strip(":") if match and match.url_name else "none"
    method = request.method if request.method in _METHODS else "other"
    name = SEPARATOR.join((TIMES, str(method), route, str(status)))
    bucket = next((str(limit) for limit in BUCKETS if seconds <= limit), "+Inf")
    count(name + SEPARATOR + bucket)
    count(name + SEPARATOR + "us", round(seconds * 1_000_000))
