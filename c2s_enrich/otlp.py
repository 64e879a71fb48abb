"""Spans by OpenTelemetry, sent as OTLP over HTTP. Loaded only where a setting asks for it.

The ids of a trace and of its first span follow from the request id, which is stored with the run: a worker hangs its
spans under the request's without anything else being handed on, however long the run waited.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from datetime import datetime

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from c2s_enrich.logs import redacted
from c2s_enrich.tracing import Span, Told
from c2s_enrich.version import VERSION

_FLUSH_MS = 1000
Ids = tuple[int, int]
_wanted: ContextVar[Ids | None] = ContextVar("wanted_ids", default=None)


def ids_of(request_id: str) -> Ids:
    digest = hashlib.sha256(request_id.encode()).digest()
    return int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])


class _Ids(RandomIdGenerator):
    """By chance, but for the first span of a request."""

    def generate_trace_id(self) -> int:
        wanted = _wanted.get()
        return wanted[0] if wanted else super().generate_trace_id()

    def generate_span_id(self) -> int:
        wanted = _wanted.get()
        return wanted[1] if wanted else super().generate_span_id()


class _Noted:
    def __init__(self, span: trace.Span, name: str) -> None:
        self._span, self._name = span, name

    def note(self, **told: Told) -> None:
        self._span.set_attributes(_attributes(told))
        if told.get("route"):
            self._span.update_name(f"{self._name} {told['route']}")
        if told.get("error"):
            self._span.set_status(trace.StatusCode.ERROR, redacted(str(told["error"])))


class OtlpRecorder:
    def __init__(self, endpoint: str) -> None:
        service = {"service.name": "c2s-enrich", "service.version": VERSION}
        self.provider = TracerProvider(resource=Resource.create(service), id_generator=_Ids())
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self.provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self.provider.get_tracer("c2s_enrich", VERSION)

    def flush(self) -> None:
        self.provider.force_flush(_FLUSH_MS)

    def span(self, name: str, told: dict[str, Told]) -> AbstractContextManager[Span]:
        return _current(self._tracer.start_span(name, attributes=_attributes(told)))

    def past(self, name: str, ms: int, told: dict[str, Told]) -> None:
        began = time.time_ns() - ms * 1_000_000
        span = self._tracer.start_span(name, kind=trace.SpanKind.CLIENT, start_time=began)
        _Noted(span, name).note(**told)
        span.end()

    def first(self, name: str, request_id: str) -> AbstractContextManager[Span]:
        token = _wanted.set(ids_of(request_id))
        try:
            return _current(self._tracer.start_span(name, context=Context(), kind=trace.SpanKind.SERVER), name)
        finally:
            _wanted.reset(token)

    def continued(
        self, name: str, request_id: str, since: datetime | None, told: dict[str, Told]
    ) -> AbstractContextManager[Span]:
        context = self._after(request_id) if request_id else Context()
        if since is not None:
            waiting = self._tracer.start_span("queue", context=context, start_time=int(since.timestamp() * 1e9))
            waiting.end()
        kind = trace.SpanKind.CONSUMER
        return _current(self._tracer.start_span(name, context=context, kind=kind, attributes=_attributes(told)))

    def _after(self, request_id: str) -> Context:
        trace_id, span_id = ids_of(request_id)
        # the sampler decides by the trace's id, so this process comes to what the other one came to
        chosen = self.provider.sampler.should_sample(None, trace_id, "run").decision.is_sampled()
        flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if chosen else trace.TraceFlags.DEFAULT)
        first = trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
        return trace.set_span_in_context(trace.NonRecordingSpan(first), Context())


@contextmanager
def _current(span: trace.Span, name: str = "") -> Iterator[Span]:
    # an exception's own words may hold somebody's data: what failed is noted by who knows
    with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        yield _Noted(span, name)


def _attributes(told: dict[str, Told]) -> dict[str, str | int]:
    known = {name: value for name, value in told.items() if value is not None}
    return {name: value if isinstance(value, int) else redacted(value) for name, value in known.items()}
