"""Around every call outwards: the database connection is given back, and the call becomes a row."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from uuid import UUID

import structlog
from django.db import connection

from c2s_enrich import tracing
from c2s_enrich.patience import written
from enrichment.models import Billed, CallOutcome, ProviderCall
from enrichment.providers import gate
from enrichment.providers.errors import BadPayload, ProviderError, RateLimited, Rejected, Unavailable

log = structlog.get_logger(__name__)

current_run: ContextVar[UUID | None] = ContextVar("current_run", default=None)
_tallied: ContextVar[list[ProviderCall] | None] = ContextVar("tallied_calls", default=None)

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
def calls_tallied() -> Iterator[list[ProviderCall]]:
    """Every call that is made within, by threads with this one's context too."""
    calls: list[ProviderCall] = []
    token = _tallied.set(calls)
    try:
        yield calls
    finally:
        _tallied.reset(token)


@contextmanager
def exchange(provider: str, operation: str, *, timeout: float, price: Decimal | None = None) -> Iterator[Exchange]:
    """`timeout` is the longest the call can take: beyond it, whoever made it must be dead.

    Without a `price` the provider is free; one whose price is zero is billed all the same.
    """
    cost = price or Decimal(0)
    ticket = gate.enter(provider, price=cost, timeout=timeout, run_id=current_run.get())
    give_back_connection()
    noted, started = Exchange(), time.perf_counter()
    outcome, billed, failure = CallOutcome.BAD_PAYLOAD, Billed.UNKNOWN, None
    try:
        yield noted
        outcome = CallOutcome.NOBODY if noted.nobody else CallOutcome.OK
        billed = Billed.YES
    except ProviderError as error:
        outcome, billed, failure = outcome_of(error), billed_for(error), error
        noted.status = error.status or noted.status
        raise
    finally:
        call = ProviderCall(
            provider=provider,
            operation=operation,
            outcome=outcome,
            status=noted.status,
            ms=round((time.perf_counter() - started) * 1000),
            price=cost,
            billed=Billed.NO if price is None else billed,
            run_id=current_run.get(),
        )
        if (tally := _tallied.get()) is not None:
            tally.append(call)
        tracing.past(
            f"{provider} {operation}", ms=call.ms,
            outcome=str(outcome), status=noted.status, error=type(failure).__name__ if failure else None,
        )  # fmt: skip
        written(partial(gate.leave, ticket, call, failure))
        log.info(
            "provider asked", provider=provider, operation=operation, outcome=str(outcome), ms=call.ms,
            run=str(call.run_id) if call.run_id else None,
        )  # fmt: skip


def give_back_connection() -> None:
    """A pooled connection held through seconds of waiting would starve the others."""
    if not connection.in_atomic_block:
        connection.close()


def outcome_of(error: ProviderError) -> CallOutcome:
    return next(outcome for kind, outcome in _OUTCOMES if isinstance(error, kind))


def billed_for(error: ProviderError) -> Billed:
    """A refusal is not billed; an answer that was lost or unreadable may have been."""
    return Billed.UNKNOWN if error.maybe_done else Billed.NO
