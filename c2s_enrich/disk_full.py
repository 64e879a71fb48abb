"""A database whose disk is full still answers what is read: noted where a write was refused, so that `/ready` tells."""

import time

import psycopg

FULL = psycopg.errors.DiskFull.__name__
# as long as a monitor needs to come by
TOLD_FOR = 60.0
_met_at: list[float] = []


def driver_word(error: BaseException) -> str:
    """What the driver says, such as `DiskFull` or `AdminShutdown`, and Django hides behind a word of its own."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, psycopg.Error):
        cause = cause.__cause__ or cause.__context__
    return type(cause or error).__name__


def trouble_told(error: BaseException) -> str:
    """The same of a write that was refused."""
    word = driver_word(error)
    if word == FULL:
        _met_at[:] = [time.monotonic()]
    return word


def met_lately() -> bool:
    """In this process."""
    return bool(_met_at) and time.monotonic() - _met_at[0] < TOLD_FOR
