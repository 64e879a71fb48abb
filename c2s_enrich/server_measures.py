"""What Prometheus is told of the two servers: how full Redis is, and how many connections PostgreSQL has left."""

from collections.abc import Iterator

from django.db import connection
from prometheus_client.core import Metric

from c2s_enrich.metrics import gauge, measured, measured_in_redis
from c2s_enrich.sealed_cache import in_redis

_CONNECTIONS = """
select count(*) filter (where backend_type = 'client backend'),
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
from pg_stat_activity
"""


@measured_in_redis
def redis() -> Iterator[Metric]:
    nothing: dict[str, int] = {}
    told = in_redis(lambda asked: asked.info("memory"), nothing)
    values = [(("used",), told.get("used_memory", 0)), (("limit",), told.get("maxmemory", 0))]
    says = "Redis's memory, used and allowed; 0 is away, or without a limit."
    yield gauge("redis_memory_bytes", says, values, ["kind"])


@measured
def connections() -> Iterator[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(_CONNECTIONS)
        used, allowed = cursor.fetchone()
    values = [(("used",), used), (("allowed",), allowed)]
    yield gauge("database_connections", "Connections to PostgreSQL, of everybody.", values, ["kind"])
