"""The pool of database connections: it looks again by itself while somebody waits, and tells who waited in vain."""

import threading
from contextlib import suppress
from typing import Any

from django.db import connection
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

# how the shared counters call it
TIMEOUTS = "pool.timeouts"
# shorter than the pool takes to give up once more: else who only asks for the others would keep itself going
_ASKS_FOR = 0.5


def look_again(pool: ConnectionPool[Any]) -> None:
    """The pool has given up connecting, and would wait for a new request before it tries once more.

    Whoever waits already would time out although the database is back.
    """
    if pool.get_stats().get("requests_waiting"):
        threading.Thread(target=_ask, args=[pool], daemon=True).start()


def _ask(pool: ConnectionPool[Any]) -> None:
    with suppress(PoolTimeout, PoolClosed), pool.connection(timeout=_ASKS_FOR):
        pass


def timeouts_count() -> None:
    """Add this process's to the shared counters: no other process knows of them."""
    from c2s_enrich.counters import count

    pool = connection.pool  # type: ignore[attr-defined]
    if in_vain := pool.pop_stats().get("requests_errors", 0) if pool else 0:
        count(TIMEOUTS, in_vain)
