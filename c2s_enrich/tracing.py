"""Spans, for whoever set OTEL_EXPORTER_OTLP_ENDPOINT; without it they are nothing, and no library is loaded."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from c2s_enrich.request_id import current_request_id

Told = str | int | None
View = Callable[[HttpRequest], HttpResponse]


class Span(Protocol):
    def note(self, **told: Told) -> None:
        """Ids, numbers and words of ours, nobody's data. An `error` marks the span as failed."""


class _Silence(AbstractContextManager["_Silence", None]):
    def __exit__(self, *_exc: object) -> None:
        return None

    def note(self, **told: Told) -> None:
        return None


class Recorder(Protocol):
    def span(self, name: str, told: dict[str, Told]) -> AbstractContextManager[Span]: ...

    def past(self, name: str, ms: int, told: dict[str, Told]) -> None: ...

    def first(self, name: str, request_id: str) -> AbstractContextManager[Span]: ...

    def continued(
        self, name: str, request_id: str, since: datetime | None, told: dict[str, Told]
    ) -> AbstractContextManager[Span]: ...

    def flush(self) -> None: ...


SILENCE = _Silence()
_recorder: Recorder | None = None


def begin() -> None:
    global _recorder
    try:
        from c2s_enrich.otlp import OtlpRecorder
    except ModuleNotFoundError as error:
        says = f"OTEL_EXPORTER_OTLP_ENDPOINT is set, and {error.name} is missing: install requirements-traces.lock."
        raise ImproperlyConfigured(says) from None
    _recorder = OtlpRecorder(settings.OTEL_EXPORTER_OTLP_ENDPOINT)


def flush() -> None:
    """Before a process ends that does not end in the ordinary way."""
    if _recorder:
        _recorder.flush()


def span(name: str, **told: Told) -> AbstractContextManager[Span]:
    return _recorder.span(name, told) if _recorder else SILENCE


def past(name: str, *, ms: int, **told: Told) -> None:
    """A call outwards that just ended, and took so long."""
    if _recorder:
        _recorder.past(name, ms, told)


def continued(
    name: str, request_id: str, *, since: datetime | None = None, **told: Told
) -> AbstractContextManager[Span]:
    """What a request began goes on in another process; `since` then it waited in the queue."""
    return _recorder.continued(name, request_id, since, told) if _recorder else SILENCE


def traced(answer: View) -> View:
    """With a span around it; itself where nobody asked for traces."""
    recorder = _recorder
    if recorder is None:
        return answer

    def with_span(request: HttpRequest) -> HttpResponse:
        with recorder.first(str(request.method), current_request_id()) as span:
            response = answer(request)
            # by the route's name: an address may tell who is meant
            route = request.resolver_match.view_name if request.resolver_match else None
            status = response.status_code
            span.note(route=route, status=status, error=str(status) if status >= 500 else None)
        return response

    return with_span


class TraceMiddleware:
    def __init__(self, get_response: View) -> None:
        if _recorder is None:
            raise MiddlewareNotUsed
        self.get_response, self._answer = get_response, traced(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request)
