"""The pool of database connections looks again by itself while somebody waits in its queue."""

import threading
from contextlib import suppress
from typing import Any

from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

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
