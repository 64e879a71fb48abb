"""`/health`: the process lives. `/ready`: it can do its work, and what it lacks if not."""

import psycopg
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from c2s_enrich import disk_full, sealed_cache
from c2s_enrich.pool import database_answers
from c2s_enrich.version import VERSION

# a worker's heartbeat comes every 10 s
_SILENT_AFTER = 30
# a probe that waits as long as a request may would be given up by whoever sent it
_PATIENCE = 2.0
_GRAVEST = (("down", "down"), ("full", "down"), ("degraded", "degraded"))
_ALIVE = """select exists(
  select 1 from procrastinate_workers where last_heartbeat > now() - make_interval(secs => %s))"""


@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "healthy", "service": "c2s-enrich", "version": VERSION})


@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    states = _database_and_queue() | {"cache": _cache()}
    worst = next((says for word, says in _GRAVEST if word in states.values()), "ready")
    body = {"status": worst, "checks": states, "version": VERSION}
    return JsonResponse(body, status=503 if worst == "down" else 200)


def _database_and_queue() -> dict[str, str]:
    if not database_answers(connection, _PATIENCE):
        return {"database": "down", "queue": "down"}
    try:
        alive = _worker_is_alive()
    except psycopg.OperationalError:
        return {"database": "down", "queue": "down"}
    except psycopg.Error:  # it answers, but the tables are not there yet
        alive = False
    database = "full" if disk_full.met_lately() else "ok"
    return {"database": database, "queue": "ok" if alive else "down"}


def _worker_is_alive() -> bool:
    """Asked of the pool itself: through Django it would wait for a connection as long as a request does."""
    pool = connection.pool  # type: ignore[attr-defined]
    with pool.connection(timeout=_PATIENCE) as asked:
        row = asked.execute(_ALIVE, [_SILENT_AFTER]).fetchone()
    return bool(row and row[0])


def _cache() -> str:
    """Everything works without the cache, only slower."""
    return "ok" if sealed_cache.reachable() else "degraded"
