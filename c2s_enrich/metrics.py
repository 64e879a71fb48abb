"""`/metrics` for Prometheus: what the shared counters and the database say at the moment of the scrape.

The web server is several processes, so nothing is kept in any of them: counters come from Redis, the rest from rows.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from psycopg_pool import PoolTimeout
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from c2s_enrich import known_keys
from c2s_enrich.api_keys import given_key
from c2s_enrich.counters import CACHES, MONEY_UNIT, TIERS, totals
from c2s_enrich.errors import SENTENCES, Refusal
from c2s_enrich.models import Scope
from c2s_enrich.pool import TIMEOUTS, database_answers
from c2s_enrich.request_times import BUCKETS, SEPARATOR, TIMES
from c2s_enrich.struct_schemas import ErrorAnswer
from c2s_enrich.version import VERSION

log = structlog.get_logger(__name__)
Source = Callable[[], Iterable[Metric]]
# by the name of a sample: its labels and its value
Figures = dict[str, list[tuple[dict[str, str], float]]]
_sources: list[Source] = []
_sources_in_redis: list[Source] = []
# seconds: a scraper gives up after ten, and an alert waits for it
_DATABASE_WITHIN = 1.0
PREFIX = "c2s_enrich_"


def measured(source: Source) -> Source:
    """How an upper room adds its own figures: a function that reads them when it is called."""
    _sources.append(source)
    return source


def measured_in_redis(source: Source) -> Source:
    """The same for figures that are told while the database is away."""
    _sources_in_redis.append(source)
    return source


def gauge(name: str, says: str, values: Iterable[tuple[tuple[str, ...], float]], labels: Iterable[str] = ()) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, says, labels=list(labels))
    for labelled, value in values:
        family.add_metric(labelled, value)
    return family


def counter(name: str, says: str, values: Iterable[tuple[tuple[str, ...], float]], labels: Iterable[str]) -> Metric:
    family = CounterMetricFamily(PREFIX + name, says, labels=list(labels))
    for labelled, value in values:
        family.add_metric(labelled, value)
    return family


class AtScrape(Collector):
    def __init__(self, *, with_database: bool | None = None) -> None:
        self._with_database = with_database

    def collect(self) -> Iterator[Metric]:
        """A database that is away takes its figures with it, and a gauge says so."""
        known = self._with_database
        complete = database_answers(connection, _DATABASE_WITHIN) if known is None else known
        for source in (_own, *_sources_in_redis, *(_sources if complete else ())):
            try:
                yield from list(source())
            except (DatabaseError, InterfaceError, PoolTimeout) as error:
                log.warning("metrics are incomplete", kind=type(error).__name__)
                complete = False
        yield gauge("scrape_complete", "Whether every figure could be read.", [((), complete)])


def figures() -> Figures | None:
    """What a scrape would tell just now; None when it would be incomplete."""
    found: Figures = defaultdict(list)
    for family in AtScrape().collect():
        for sample in family.samples:
            found[sample.name].append((sample.labels, sample.value))
    return found if found[f"{PREFIX}scrape_complete"][0][1] else None


class _Text(BaseContentNegotiation):
    """Whatever a scraper says it accepts, it gets the one format there is."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class MetricsView(APIView):
    """Figures for Prometheus."""

    scope = Scope.METRICS
    content_negotiation_class = _Text

    @extend_schema(
        operation_id="metrics",
        tags=["operations"],
        responses={(200, "text/plain"): OpenApiResponse(str, description="Prometheus's text format")}
        | {status: OpenApiResponse(ErrorAnswer, description=SENTENCES[status][1]) for status in (401, 403, 429, 503)},
    )
    def get(self, request: Request) -> HttpResponse:
        told = generate_latest(AtScrape(with_database=self._with_database))
        return HttpResponse(told, content_type=CONTENT_TYPE_LATEST)

    def perform_authentication(self, request: Request) -> None:
        """While the database is away a key that this process has met will do."""
        self._with_database = database_answers(connection, _DATABASE_WITHIN)
        if not self._with_database:
            admission = known_keys.admit_unasked(given_key(request))
            if admission is None:
                raise Refusal(503, "The database is away, and this key has not been seen here before.")
            setattr(request._request, "admission", admission)  # noqa: B010
        super().perform_authentication(request)


def _own() -> Iterator[Metric]:
    counts = totals()
    yield gauge("info", "What runs here.", [((VERSION,), 1)], ["version"])
    asked = [((c, r), counts[f"{c}.{kept}"]) for c in CACHES for r, kept in (("hit", "hits"), ("miss", "misses"))]
    yield counter("cache_requests", "Questions to each cache.", asked, ["cache", "result"])
    yield counter("cache_unreadable", "Entries found that did not open.", [((), counts["unreadable"])], [])
    yield counter("answers", "Who knew.", [((tier,), counts[f"tier.{tier}"]) for tier in TIERS], ["tier"])
    yield counter("calls_avoided", "Paid calls that were not needed.", [((), counts["saved.calls"])], [])
    money = float(counts["saved.money"] * MONEY_UNIT)
    yield counter("money_saved", "What they would have cost.", [((), money)], [])
    waited = [((), counts[TIMEOUTS])]
    yield counter("pool_timeouts", "Times that nobody gave a database connection in time.", waited, [])
    yield _request_times(counts)


def _request_times(counts: Counter[str]) -> Metric:
    family = HistogramMetricFamily(
        PREFIX + "http_request_seconds", "Answers, by how long they took.", labels=["method", "route", "status"]
    )
    times: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for name, amount in counts.items():
        kind, *labels = name.split(SEPARATOR)
        if kind == TIMES:
            times[tuple(labels[:3])][labels[3]] += amount
    for labelled, found in sorted(times.items()):
        below, buckets = 0, []
        for bucket in (*map(str, BUCKETS), "+Inf"):
            below += found[bucket]
            buckets.append((bucket, below))
        family.add_metric(labelled, buckets, sum_value=found["us"] / 1_000_000)
    return family
