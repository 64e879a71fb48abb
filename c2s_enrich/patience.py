"""How long the database is waited for: briefly while a sender waits, long with something in hand that was paid for."""

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import InterfaceError, OperationalError, connection
from psycopg_pool import PoolTimeout

T = TypeVar("T")

# Django's own, and psycopg's where the pool is asked without Django
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError)
ANSWER_WITHIN = 2.0
# longer than a restart takes, shorter than whoever waits for the answer would believe in it
HOLD_FOR = 60.0
_LOOK_AGAIN = 0.2

# In front of a statement, and in one transaction with it: the disk is not waited for. Only where a crash of the
# server may take the last ones back: what is written after them, and waited for, keeps them too.
WITHOUT_THE_DISK = "set local synchronous_commit = off"


def database_within(seconds: float = ANSWER_WITHIN) -> None:
    """Raise `PoolTimeout` unless the database answers soon: a sender gives up long before a request would."""
    pool = connection.pool  # type: ignore[attr-defined]
    if pool is None or connection.connection is not None:
        return
    pool.open()
    with pool.connection(timeout=seconds):
        # it answered when it left the pool, and the request that goes on takes the same one
        pass


def written(write: Callable[[], T]) -> T:
    """Write down what must not be lost, however long the database takes to come back.

    `write` must do no harm when done twice: it may have been committed though its answer was lost.
    """
    give_up_at = time.monotonic() + HOLD_FOR
    while True:
        try:
            return write()
        except DATABASE_AWAY:
            if connection.in_atomic_block or time.monotonic() > give_up_at:
                raise
            connection.close()
            time.sleep(_LOOK_AGAIN)
