"""How long whoever cannot wait waits for the database."""

from django.db import connection

ANSWER_WITHIN = 2.0


def database_within(seconds: float = ANSWER_WITHIN) -> None:
    """Raise `PoolTimeout` unless the database answers soon: a sender gives up long before a request would."""
    pool = connection.pool  # type: ignore[attr-defined]
    if pool is None or connection.connection is not None:
        return
    pool.open()
    with pool.connection(timeout=seconds):
        # it answered when it left the pool, and the request that goes on takes the same one
        pass
