"""What the caches are worth, and how to make them forget."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from c2s_enrich import counters, sealed_cache
from c2s_enrich.bodies import json_object
from c2s_enrich.errors import Refusal
from c2s_enrich.models import Scope
from c2s_enrich.struct_schemas import answered
from c2s_enrich.tallies import CacheMetrics, cache_metrics
from enrichment.api.asked import refuse
from enrichment.api.described import described, text_of
from enrichment.forgetting import forget_party
from enrichment.memory import forget_values
from parties.identifiers import CPF, Email, Phone, Refused

NOBODY_ASKED = {"hits": 0, "misses": 0, "hitRate": 0.0, "totalRequests": 0}
EXAMPLE: dict[str, Any] = {
    "cache": dict.fromkeys(counters.CACHES, NOBODY_ASKED)
    | {
        "contactCache": {"hits": 150, "misses": 50, "hitRate": 75.0, "totalRequests": 200},
        "overall": {"hits": 150, "misses": 50, "hitRate": 75.0, "totalRequests": 200},
    },
    "redis": {
        "memory": {"usedMemoryHuman": "2.51M", "memoryUsagePercent": 0.98},
        "stats": {"connectedClients": 3, "hitRate": 89.2},
    },
    "tiers": {"cache": 120, "database": 30, "provider": 45, "notFound": 5},
    "savings": {"callsAvoided": 170, "moneySaved": "34.00"},
}


INVALIDATION = {
    "type": "object",
    "description": "Exactly one of these; what is null is not given.",
    "minProperties": 1,
    "properties": {
        "phone": text_of("phone") | {"type": ["string", "integer", "null"]},
        "email": {"type": ["string", "null"]},
        "cpf": text_of("cpf") | {"type": ["string", "integer", "null"]},
        "party_id": text_of("uuid") | {"type": ["string", "null"]},
        "all": {"type": ["boolean", "null"], "enum": [True, None]},
    },
}


class Invalidated(msgspec.Struct, frozen=True):
    """How many cached entries were dropped."""

    invalidated: int


class CacheMetricsView(APIView):
    """Hits and misses of each cache, over all processes."""

    @property
    def scope(self) -> Scope:
        return Scope.ADMIN if self.request.method == "DELETE" else Scope.METRICS

    @described("cache_metrics", CacheMetrics, tag="operations", example=EXAMPLE)
    def get(self, request: Request) -> HttpResponse:
        return answered(cache_metrics())

    @described("cache_metrics_reset", CacheMetrics, tag="operations", says="As they are from now on", example=EXAMPLE)
    def delete(self, request: Request) -> HttpResponse:
        """Start counting anew."""
        counters.reset()
        return answered(cache_metrics())


class CacheInvalidateView(APIView):
    """Drop what is cached of somebody, or of everybody. Nothing is lost: the next look-up asks the database."""

    scope = Scope.ADMIN

    @described(
        "cache_invalidate",
        Invalidated,
        tag="operations",
        request={"application/json": INVALIDATION},
        refuses=(400, 413, 415),
        example={"invalidated": 1},
        asks={"phone": "+5511987654321"},
    )
    def post(self, request: Request) -> HttpResponse:
        body = json_object(request)
        given = [name for name in FORGETTING if body.get(name) is not None]
        if len(given) != 1:
            names = ", ".join(f"`{name}`" for name in FORGETTING)
            raise Refusal(400, f"Say what to forget: exactly one of {names}.", "invalid")
        return answered(Invalidated(FORGETTING[given[0]](body[given[0]])))


def _forget_identifier(kind: type[CPF | Email | Phone], field: str, expected: str) -> Callable[[Any], int]:
    def forget(value: Any) -> int:
        parsed = kind.parse(value)
        if isinstance(parsed, Refused):
            refuse(field, f"expected {expected}. {parsed.sentence}")
        return forget_values([parsed.value])

    return forget


def _forget_party(value: Any) -> int:
    try:
        return forget_party(UUID(value))
    except (ValueError, TypeError, AttributeError):
        refuse("party_id", "expected a UUID")


def _forget_all(value: Any) -> int:
    if value is not True:
        refuse("all", "expected true")
    return sealed_cache.sweep_out()


FORGETTING: dict[str, Callable[[Any], int]] = {
    "phone": _forget_identifier(Phone, "phone", "a phone with its area code"),
    "email": _forget_identifier(Email, "email", "an e-mail address"),
    "cpf": _forget_identifier(CPF, "cpf", "a CPF (eleven digits)"),
    "party_id": _forget_party,
    "all": _forget_all,
}
