"""Around every call outwards: the database connection is given back, and the call becomes a row."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import connection

from enrichment.models import Billed, CallOutcome, ProviderCall
from enrichment.providers.errors import BadPayload, ProviderError, RateLimited, Rejected, Unavailable

log = structlog.get_logger(__name__)

current_run: ContextVar[UUID | None] = ContextVar("current_run", default=None)

_OUTCOMES: list[tuple[type[ProviderError], CallOutcome]] = [
    (RateLimited, CallOutcome.RATE_LIMITED),
    (Rejected, CallOutcome.REJECTED),
    (BadPayload, CallOutcome.BAD_PAYLOAD),
    (Unavailable, CallOutcome.UNAVAILABLE),
]


@dataclass(slots=True)
class Exchange:
    """What a client notes while the call is under way."""

    status: int | None = None
    nobody: bool = False


@contextmanager
def exchange(provider: str, operation: str, *, price: Decimal = Decimal(0)) -> Iterator[Exchange]:
    give_back_connection()
    noted, started = Exchange(), time.perf_counter()
    outcome, billed = CallOutcome.BAD_PAYLOAD, Billed.UNKNOWN
    try:
        yield noted
        outcome = CallOutcome.NOBODY if noted.nobody else CallOutcome.OK
        billed = Billed.YES if price else Billed.NO
    except ProviderError as error:
        outcome, billed = outcome_of(error), billed_for(error)
        noted.status = error.status or noted.status
        raise
    finally:
        ms = round((time.perf_counter() - started) * 1000)
        ProviderCall.objects.create(
            provider=provider,
            operation=operation,
            outcome=outcome,
            status=noted.status,
            ms=ms,
            price=price,
            billed=billed,
            run_id=current_run.get(),
        )
        log.info("provider asked", provider=provider, operation=operation, outcome=str(outcome), ms=ms)


def give_back_connection() -> None:
    """A pooled connection held through seconds of waiting would starve the others."""
    if not connection.in_atomic_block:
        connection.close()


def outcome_of(error: ProviderError) -> CallOutcome:
    return next(outcome for kind, outcome in _OUTCOMES if isinstance(error, kind))


def billed_for(error: ProviderError) -> Billed:
    """A refusal is not billed; an answer that was lost or unreadable may have been."""
    if isinstance(error, BadPayload) or (isinstance(error, Unavailable) and error.maybe_done):
        return Billed.UNKNOWN
    return Billed.NO
