"""Single flight: of all who want to know the same, one asks, and the others read its answer.

A row per question, in PostgreSQL: it holds across processes and machines, needs no Redis and keeps no
connection while the provider thinks. A leader that died is noticed when its run is taken over, or by the clock.
"""

import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import connection, transaction

from c2s_enrich import sealed_cache
from c2s_enrich.patience import WITHOUT_THE_DISK
from enrichment.memory import kind_of
from enrichment.models import Run
from enrichment.providers.errors import Withheld
from enrichment.providers.exchange import give_back_connection
from parties.identifiers import Identifier

T = TypeVar("T")

current: ContextVar[Run | None] = ContextVar("flying_run", default=None)

# a wait this short keeps the worker's slot; a longer one gives it back
PATIENCE = 2.0
_LOOK_AGAIN = 0.1
# the wait at the provider's gate comes before the call
_SLACK = 15.0

_TAKE_OFF = """
insert into flights as f (identifier_hash, run_id, lease_owner, until)
select hash, %(run)s::uuid, %(owner)s, now() + make_interval(secs => %(seconds)s) from unnest(%(hashes)s::text[]) hash
on conflict (identifier_hash) do update
  set run_id = excluded.run_id, lease_owner = excluded.lease_owner, until = excluded.until
  where f.until < now() or f.run_id is not null and not exists (
    select 1 from runs r where r.id = f.run_id and r.state = 'running' and r.lease_owner = f.lease_owner)
"""
_LAND = f"""
{WITHOUT_THE_DISK};
delete from flights
where identifier_hash = any(%(hashes)s) and run_id is not distinct from %(run)s and lease_owner = %(owner)s
"""  # noqa: S608  its parts are constants


def fly(
    identifier: Identifier,
    *,
    known: Callable[[], T | None],
    ask: Callable[[], T],
    longest: float,
    patience: float | None = None,
) -> T:
    """`ask`, unless somebody else is doing so or has just done: then what is `known` is the answer.

    What `ask` learns must be stored when it returns: that is where the others will look.
    """
    digests = sealed_cache.identifier_hashes(kind_of(identifier), identifier.value)
    give_up_at = time.monotonic() + (PATIENCE if patience is None else patience)
    while not _take_off(digests, longest):
        if time.monotonic() > give_up_at:
            raise Withheld("single flight", "another run is asking the same", retry_after=1.0)
        give_back_connection()
        time.sleep(_LOOK_AGAIN * random.uniform(0.5, 1.5))  # noqa: S311  not a secret  # nosec B311
    try:
        answer = known()
        return ask() if answer is None else answer
    finally:
        _land(digests)


def _take_off(digests: list[str], longest: float) -> bool:
    """Under every valid key or not at all: while keys rotate, a process may know fewer of them than we do."""
    if len(digests) == 1:
        # most days: a transaction would only be two more ways to the database and back
        return _rows_taken(digests, longest) == 1
    with transaction.atomic():
        # in one order, or two who want the same would wait for each other
        complete = _rows_taken(sorted(digests), longest) == len(digests)
        transaction.set_rollback(not complete)
    return complete


def _rows_taken(digests: list[str], longest: float) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OFF, _pilot(digests) | {"seconds": longest + _SLACK})
        return int(cursor.rowcount)


def _land(digests: list[str]) -> None:
    """Only our own: a flight that was taken over belongs to whoever took it."""
    with connection.cursor() as cursor:
        cursor.execute(_LAND, _pilot(digests))


def _pilot(digests: list[str]) -> dict[str, Any]:
    run = current.get()
    owner = run.lease_owner if run else ""
    return {"hashes": digests, "run": run.pk if run else None, "owner": owner}
