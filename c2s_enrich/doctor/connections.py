"""The pools of all processes together, against what PostgreSQL lets in."""

from collections.abc import Iterator

from django.db import connection

from c2s_enrich.doctor.findings import Finding, examined

# as the image and `make run` start them
WEB_PROCESSES = 2
# what a worker holds beside its pool, to hear of jobs
_TO_HEAR_OF_JOBS = 4
_LIMITS = """
select least(
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0),
  nullif(d.datconnlimit, -1), nullif(r.rolconnlimit, -1)),
  (select count(*) from procrastinate_workers where last_heartbeat > now() - interval '30 seconds')
from pg_database d, pg_roles r where d.datname = current_database() and r.rolname = current_user
"""


@examined("connections")
def pools_fit() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_LIMITS)
        allowed, workers = cursor.fetchone()
    pool = connection.settings_dict["OPTIONS"]["pool"]["max_size"]
    counted = max(1, workers)
    wanted = (WEB_PROCESSES + counted) * pool + counted * _TO_HEAR_OF_JOBS
    says = f"{WEB_PROCESSES} web processes and {counted} of workers may hold {wanted} of {allowed}"
    if wanted > allowed:
        do = "Lower DB_POOL_SIZE, or raise PostgreSQL's max_connections (or the role's and database's limit)."
        yield Finding("connections", "failed", says, do)
    else:
        yield Finding("connections", "ok", says)
