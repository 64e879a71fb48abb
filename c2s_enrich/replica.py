"""Look-ups that pay for nothing and change nothing may be read from a replica, where there is one."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db.models import Model

REPLICA = "replica"
_reading: ContextVar[bool] = ContextVar("reading_replica", default=False)


@contextmanager
def reading_replica(*, allowed: bool = True) -> Iterator[None]:
    """Within it, what is only read is read there."""
    token = _reading.set(allowed and REPLICA in settings.DATABASES)
    try:
        yield
    finally:
        _reading.reset(token)


def is_behind() -> bool:
    """Whether what is read now may be some seconds old."""
    return _reading.get()


def reading_from() -> str:
    return REPLICA if _reading.get() else "default"


class ReplicaRouter:
    """Everything is read and written in the one database, unless somebody said otherwise."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return REPLICA if _reading.get() else None

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "default"
