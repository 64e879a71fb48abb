"""5: webhooks taken in, against the same statements in one raw psycopg transaction from as many connections."""

import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import psycopg
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from c2s_enrich.ids import uuid7
from tests.bench import asking
from tests.bench.frame import Figure, Goal, compared, measured, told
from tests.bench.house import House, database
from tests.services import VALUES
from webhooks.c2s import events_take_in

_AT_ONCE = 400
_PATH, _SECRET = "/api/v1/webhooks/c2s", f"X-Webhook-Token: {VALUES['WEBHOOK_SECRET']}"
_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_numbers = count()


def figures(house: House) -> Iterator[Figure]:
    with house.web() as web:
        statements = _said()
        yield told(
            compared(
                "webhooks taken in",
                lambda: [_rate(web.port)],
                lambda: [_raw(statements)],
                "per second",
                Goal("ratio", least=0.4),
            )
        )
        arrays = [asking.ask(web.port, [_array()], times=1, connections=1).seconds[0] for _ in range(5)]
        yield told(measured("one array of 1,000 events", arrays, "s", Goal("value", most=1)))
    undo()


def _rate(port: int) -> float:
    bodies = [json.dumps(_event(next(_numbers))).encode() for _ in range(_AT_ONCE)]
    requests = [asking.post(_PATH, body, _SECRET) for body in bodies]
    answered = asking.ask(port, requests, times=len(requests))
    assert not answered.refused, "a webhook was refused"
    return answered.per_second


def _array() -> bytes:
    body = json.dumps([_event(next(_numbers)) for _ in range(1000)]).encode()
    return asking.post(_PATH, body, _SECRET)


def _event(number: int) -> dict[str, Any]:
    phone = f"(11) 9{70_000_000 + number * 7 % 10**7:08d}"
    customer = {"name": "Ana Paula Nunes", "phone": phone, "email": f"ana.{number:x}@example.com"}
    attributes = {"customer": customer, "updated_at": "2026-03-01T10:00:00-03:00", "log": [], "messages": []}
    return {"id": f"bench-{number}", "hook_action": "on_create_lead", "attributes": attributes}


def _said() -> list[tuple[str, Any]]:
    """What one webhook writes."""
    said: list[tuple[str, Any]] = []

    def note(execute: Any, query: str, parameters: Any, many: bool, context: Any) -> Any:
        if "insert" in query or "procrastinate_defer" in query or query.lstrip().startswith("update"):
            said.append((query, parameters))
        return execute(query, parameters, many, context)

    with connection.execute_wrapper(note), transaction.atomic():
        events_take_in(_event(next(_numbers)))
        transaction.set_rollback(True)
    return said


def _raw(statements: Sequence[tuple[str, Any]]) -> float:
    """As many a second, in one process with as many connections as the web server is asked over."""
    share = _AT_ONCE // asking.CONNECTIONS
    connections = [psycopg.connect(database(None)) for _ in range(asking.CONNECTIONS)]
    threads = [threading.Thread(target=_write, args=(c, statements, share)) for c in connections]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    for opened in connections:
        opened.close()
    return share * asking.CONNECTIONS / took


def _write(opened: psycopg.Connection[Any], statements: Sequence[tuple[str, Any]], times: int) -> None:
    for _ in range(times):
        renamed = dict[str, str]()
        number = next(_numbers)
        with opened.transaction(), opened.cursor() as cursor:
            for query, parameters in statements:
                cursor.execute(query, _anew(parameters, renamed, number))


def _anew(value: Any, renamed: dict[str, str], number: int) -> Any:
    """The same parameters about another lead."""
    if isinstance(value, str):
        other = _UUID.sub(lambda found: renamed.setdefault(found[0], str(uuid7())), value)
        return re.sub(r"bench-\d+", f"bench-{number}", other)
    if isinstance(value, list | tuple):
        return type(value)(_anew(inner, renamed, number) for inner in value)
    if isinstance(value, dict):
        return {key: _anew(inner, renamed, number) for key, inner in value.items()}
    if isinstance(value, Jsonb):
        return Jsonb(_anew(value.obj, renamed, number))
    return _anew(str(value), renamed, number) if _UUID.fullmatch(str(value)) else value


def undo() -> None:
    """What waits in the queue would be worked on in later figures."""
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")
        cursor.execute("delete from webhook_events where external_id like 'bench-%%'")
        cursor.execute("delete from runs where lead_id in (select id from leads where lead_id like 'bench-%%')")
        cursor.execute("delete from leads where lead_id like 'bench-%%'")
