"""`/health`: the process lives. `/ready`: it can do its work, and what it lacks if not."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from psycopg_pool import PoolTimeout

from c2s_enrich import sealed_cache
from c2s_enrich.version import VERSION

# a worker's heartbeat comes every 10 s
_SILENT_AFTER = 30


def health(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "healthy", "service": "c2s-enrich", "version": VERSION})


def ready(_request: HttpRequest) -> JsonResponse:
    states = {"database": _database(), "cache": _cache(), "queue": _queue()}
    worst = next((word for word in ("down", "degraded") if word in states.values()), "ready")
    body = {"status": worst, "checks": states, "version": VERSION}
    return JsonResponse(body, status=503 if worst == "down" else 200)


def _database() -> str:
    return "ok" if _answers("select 1") else "down"


def _cache() -> str:
    """Everything works without the cache, only slower."""
    return "ok" if sealed_cache.reachable() else "degraded"


def _queue() -> str:
    alive = "select 1 from procrastinate_workers where last_heartbeat > now() - make_interval(secs => %s) limit 1"
    return "ok" if _answers(alive, _SILENT_AFTER) else "down"


def _answers(sql: str, *parameters: int) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchone() is not None
    except (DatabaseError, PoolTimeout):
        return False
