"""The pools of all processes together, against what PostgreSQL and a pooler before it let in."""

import secrets
from collections.abc import Iterator

import psycopg
from django.db import connection, connections
from psycopg import sql

from c2s_enrich.doctor.findings import Finding, examined

# as the image and `make run` start them
WEB_PROCESSES = 2
# what a worker holds beside its pool: four to fetch jobs, and one that listens
_TO_HEAR_OF_JOBS = 5
_LIMITS = """
select least(
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0),
  nullif(d.datconnlimit, -1), nullif(r.rolconnlimit, -1)),
  (select count(*) from procrastinate_workers where last_heartbeat > now() - interval '30 seconds'),
  pg_backend_pid()
from pg_database d, pg_roles r where d.datname = current_database() and r.rolname = current_user
"""
_HEARD_WITHIN = 1.0


@examined("connections")
def pools_fit() -> Iterator[Finding]:
    with _connected() as asked:
        allowed, workers, backend = asked.execute(_LIMITS).fetchone() or (0, 0, 0)
        # a pooler speaks in its own name
        is_pooled = asked.info.backend_pid != backend
    limit = "PostgreSQL's max_connections (or the role's and database's limit)"
    if is_pooled:
        allowed, limit = _let_in_by_the_pooler(), "the pooler's max_client_conn"
    pool = connection.settings_dict["OPTIONS"]["pool"]["max_size"]
    counted = max(1, workers)
    wanted = (WEB_PROCESSES + counted) * pool + counted * _TO_HEAR_OF_JOBS
    says = f"{WEB_PROCESSES} web processes and {counted} of workers may hold {wanted}"
    if allowed is None:
        do = f"Look at {limit}: it does not tell us (it would, were our user one of its stats_users)."
        yield Finding("connections", "ok", f"{says} of a pooler's", do)
    elif wanted > allowed:
        yield Finding("connections", "failed", f"{says} of {allowed}", f"Lower DB_POOL_SIZE, or raise {limit}.")
    else:
        yield Finding("connections", "ok", f"{says} of {allowed}")


def _let_in_by_the_pooler() -> int | None:
    """As PgBouncer tells it; None where it is another one, or tells us nothing."""
    try:
        with _connected(dbname="pgbouncer", prepare_threshold=None) as console:
            told = {name: value for name, value, *_ in console.execute("show config")}
        return int(told["max_client_conn"])
    except (psycopg.Error, KeyError, ValueError):
        return None


@examined("notifications")
def notifications_arrive() -> Iterator[Finding]:
    """Sent and heard on the ways that web and worker take."""
    way = "listen" if "listen" in connections else "default"
    channel = f"doctor_{secrets.token_hex(8)}"
    with _connected(way) as hearing, _connected() as telling:
        hearing.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
        telling.execute("select pg_notify(%s, '')", [channel])
        heard = list(hearing.notifies(timeout=_HEARD_WITHIN, stop_after=1))
    if heard:
        yield Finding("notifications", "ok", "the worker hears of each lead at once")
        return
    says = "the worker hears of no lead and has to look every few seconds: a pooler in transaction mode is in between"
    do = "Set DB_LISTEN_URL to the address of the database itself; it must be the one of DB_URL."
    yield Finding("notifications", "failed", says, do)


def _connected(alias: str = "default", **more: object) -> psycopg.Connection:
    """A connection of its own, and no transaction."""
    given = connections[alias].get_connection_params()
    return psycopg.connect(**{"connect_timeout": 3, **given, "autocommit": True, **more})
