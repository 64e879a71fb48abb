"""The pool of database connections: it looks again by itself while somebody waits, and tells who waited in vain.

A connection that was in use a moment ago is looked at before it is lent once more, instead of asked. Who steps back
lets others go first while all connections are lent.
"""

import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from heapq import heappop, heappush
from itertools import count as numbers
from queue import Empty, SimpleQueue
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import connection, connections
from psycopg import Connection, OperationalError
from psycopg.pq import ExecStatus
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

# how the shared counters call it
TIMEOUTS = "pool.timeouts"
# shorter than the pool takes to give up once more: else who only asks for the others would keep itself going
_ASKS_FOR = 0.5
# so long a connection is trusted without a question, unless the server has closed it or says something by itself
TRUSTED_FOR = 1.0
_lent_at: WeakKeyDictionary[Connection[Any], float] = WeakKeyDictionary()
# longer than a server that lives ever takes for nothing
_ANSWERS_WITHIN_MS = 1000
_seconds_back: ContextVar[float] = ContextVar("seconds_back", default=0.0)


def look_at(lent: Connection[Any]) -> None:
    """In place of the pool's own check, which is a trip to the database for each request that needs it."""
    now = time.monotonic()
    if now - _lent_at.get(lent, 0.0) > TRUSTED_FOR or _says_something(lent):
        _ask_it(lent)
    _lent_at[lent] = now


def _ask_it(lent: Connection[Any]) -> None:
    """The pool's own check waits for ever: for a server that hangs, or a pooler whose database is down."""
    lent.pgconn.send_query(b"")
    if not _says_something(lent, within_ms=_ANSWERS_WITHIN_MS):
        lent.close()
        raise OperationalError("timeout: it did not answer an empty question")
    answers = []
    while (answer := lent.pgconn.get_result()) is not None:
        answers.append(answer.status)
    if answers != [ExecStatus.EMPTY_QUERY]:
        lent.close()
        raise OperationalError("it closed the connection")


def _says_something(lent: Connection[Any], within_ms: int = 0) -> bool:
    poll = select.poll()
    poll.register(lent.fileno(), select.POLLIN)
    return bool(poll.poll(within_ms))


def look_again(pool: ConnectionPool[Any]) -> None:
    """The pool has given up connecting, and would wait for a new request before it tries once more.

    Whoever waits already would time out although the database is back.
    """
    if pool.get_stats().get("requests_waiting"):
        threading.Thread(target=_ask, args=[pool], daemon=True).start()


def _ask(pool: ConnectionPool[Any]) -> None:
    with suppress(PoolTimeout, PoolClosed), pool.connection(timeout=_ASKS_FOR):
        pass


@contextmanager
def stepping_back(seconds: float) -> Iterator[None]:
    """Within, whoever comes less than so much later is lent a connection first."""
    token = _seconds_back.set(seconds)
    try:
        yield
    finally:
        _seconds_back.reset(token)


def line_up(pool: ConnectionPool[Any]) -> None:
    """From now on who waits may step back: the pool's own line knows only who came first."""
    pool._waiting = _Line()  # type: ignore[assignment]


class _Line:
    """As much of a deque as the pool asks of it, which holds its lock whenever it does."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Any]] = []
        self._numbers = numbers()

    def append(self, client: Any) -> None:
        heappush(self._heap, (time.monotonic() + _seconds_back.get(), next(self._numbers), client))

    def popleft(self) -> Any:
        return heappop(self._heap)[-1]

    def clear(self) -> None:
        self._heap.clear()

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[Any]:
        return (client for *_, client in self._heap)


def database_answers(asking: Any, within: float) -> bool:
    """Whether it does in so many seconds. In a thread: one that hangs cannot be given up from inside."""
    pool = asking.pool
    pool.open()
    answer: SimpleQueue[bool] = SimpleQueue()

    def ask() -> None:
        try:
            with pool.connection(timeout=within) as asked:
                asked.execute("select 1")
        except OperationalError:
            answer.put(False)
        else:
            answer.put(True)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return answer.get(timeout=within)
    except Empty:
        return False


def statements_end() -> None:
    """In a web process no statement takes longer than anybody waits.

    A pooler in transaction mode refuses options of a session, or lends them to others: there the role has it.
    """
    for name, told in settings.DATABASES.items():
        if "listen" not in settings.DATABASES and "pool" in told.get("OPTIONS", {}):
            given = told["OPTIONS"].get("options", "")
            connections[name].settings_dict["OPTIONS"]["options"] = (
                f"{given} -c statement_timeout={settings.WEB_STATEMENT_SECONDS}s".strip()
            )


def timeouts_count() -> None:
    """Add this process's to the shared counters: no other process knows of them."""
    from c2s_enrich.counters import count

    pool = connection.pool  # type: ignore[attr-defined]
    if in_vain := pool.pop_stats().get("requests_errors", 0) if pool else 0:
        count(TIMEOUTS, in_vain)
