"""3: what the database knows, against the same SQL through psycopg alone, and at full size against a hundredth."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from typing import Any

import psycopg
from django.db import connection

from c2s_enrich import prepared
from enrichment import tiers
from parties.identifiers import Phone
from parties.search import parties_named
from tests.bench.cache import timed
from tests.bench.frame import Figure, Goal, compared, measured, told
from tests.bench.house import House, database
from tests.bench.people import known_names, known_phones

_COUNT, _TIMES = 300, 200
Statement = tuple[Any, Any]


def figures(house: House) -> Iterator[Figure]:
    whole, small = known_phones(database(None), _COUNT), known_phones(database("small"), _COUNT)
    ours = cycle(whole)
    with _raw(None) as full, _raw("small") as hundredth:
        replayed, in_small = _replay(full, whole), _replay(hundredth, small)
        yield told(
            compared(
                "tier 2: recalled from the database",
                lambda: timed(lambda: tiers.entries_stored([next(ours)]), _TIMES),
                lambda: timed(replayed, _TIMES),
                "µs",
                Goal("ratio", most=2),
            )
        )
        yield told(
            compared(
                "the same SQL at this size, against a hundredth of it",
                lambda: timed(replayed, _TIMES),
                lambda: timed(in_small, _TIMES),
                "µs",
                Goal("ratio", most=1.3),
            )
        )
    yield told(measured("search by name", _searches(), "ms", Goal("p95", most=50)))


def _raw(name: str | None) -> psycopg.Connection[Any]:
    """Values are written into the statement, as Django has it: EXECUTE takes them in no other way."""
    return psycopg.connect(database(name), cursor_factory=psycopg.ClientCursor)


def _replay(psycopg_connection: psycopg.Connection[Any], phones: Sequence[Phone]) -> Callable[[], None]:
    """What a look-up of one of the phones says to the database, said again."""
    # a statement is prepared once per connection, by the first who says it
    _unprepare()
    said = [_said(phone) for phone in phones]
    for query in {query for look_up in said for query, _ in look_up if _prepares(query)}:
        psycopg_connection.execute(query)
    statements = cycle([[(query, given) for query, given in look_up if not _prepares(query)] for look_up in said])

    def again() -> None:
        for query, parameters in next(statements):
            with psycopg_connection.cursor() as cursor:
                cursor.execute(query, parameters)
                cursor.fetchall()

    return again


def _prepares(query: str) -> bool:
    return query.startswith("prepare ")


def _unprepare() -> None:
    with connection.cursor() as cursor:
        cursor.execute("deallocate all")
    prepared._held.clear()


def _said(phone: Phone) -> list[Statement]:
    said: list[Statement] = []

    def note(execute: Any, query: Any, parameters: Any, many: bool, context: Any) -> Any:
        said.append((query, parameters))
        return execute(query, parameters, many, context)

    with connection.execute_wrapper(note):
        tiers.entries_stored([phone])
    return said


def _searches() -> list[float]:
    names = known_names(database(None), _COUNT)
    taken = []
    for name in names:
        began = time.perf_counter()
        parties_named(name)
        taken.append((time.perf_counter() - began) * 1000)
    return taken
