"""One table that every provider and every operation must pass: what each failure becomes, and what it leaves."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from enrichment.models import ProviderCall
from enrichment.providers import gate, http
from enrichment.providers.errors import BadPayload, ProviderError, RateLimited, Rejected, Unavailable
from enrichment.sandbox import Sandbox
from enrichment.sandbox.routing import OPERATIONS as PLAYED
from tests.c2s_enrich.embedded.processes import eventually
from tests.enrichment.providers.canned import Canned, Play, answer
from tests.enrichment.providers.conftest import CLIENTS
from tests.enrichment.providers.leaks import leaked, told_by
from tests.enrichment.providers.operations import OPERATIONS, Operation

pytestmark = pytest.mark.django_db

PRICES = {"c2s": Decimal(0), "diretrix": Decimal("0.12"), "work_api": Decimal("0.35")}
OUTCOMES: dict[type[ProviderError], str] = {
    RateLimited: "rate_limited",
    Rejected: "rejected",
    BadPayload: "bad_payload",
    Unavailable: "unavailable",
}


@dataclass(frozen=True)
class Ending:
    """What a call leaves: an error or none, and the row."""

    error: type[ProviderError] | None
    status: int | None
    billed: str
    outcome: str = ""

    @property
    def told(self) -> str:
        return self.outcome or (OUTCOMES[self.error] if self.error else "ok")


@dataclass(frozen=True)
class Shape:
    name: str
    mode: str
    ending: Callable[[Operation], Ending]
    details: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def ok(op: Operation) -> Ending:
    return Ending(None, op.status, "yes")


def nobody(status: int) -> Ending:
    return Ending(None, status, "yes", "nobody")


def answered(status: int, error: type[ProviderError], billed: str = "no") -> Shape:
    def ending(op: Operation) -> Ending:
        return nobody(status) if status in op.nobody_on else Ending(error, status, billed)

    return Shape(str(status), "status", ending, {"status": status})


def inside(said: object, status: int, error: type[ProviderError], billed: str = "no") -> Shape:
    """An error within a 200: the row tells the status that was meant."""

    def ending(op: Operation) -> Ending:
        is_nobody = op.nobody_inside and (status == 404 or status in op.nobody_on)
        return nobody(200) if is_nobody else Ending(error, status, billed)

    return Shape(f"200 around {said!r}", "error_in_200", ending, {"inner_status": said})


def lost(op: Operation) -> Ending:
    return Ending(Unavailable, None, "unknown")


def unreadable(op: Operation) -> Ending:
    return Ending(BadPayload, 200, "unknown")


def never_connected(op: Operation) -> Ending:
    return Ending(Unavailable, None, "no")


def malformed(op: Operation) -> Ending:
    # a 201 says that the message is stored, however badly the rest was written
    return ok(op) if op.name == "message_create" else Ending(BadPayload, op.status, "unknown")


def empty(op: Operation) -> Ending:
    return unreadable(op) if op.reads_answer else Ending(None, 200, "yes")


def too_long(op: Operation) -> Ending:
    return Ending(BadPayload, op.status, "unknown")


SHAPES = (
    Shape("200", "ok", ok),
    *(answered(status, Rejected) for status in (400, 401, 402, 403, 404, 405, 422, 451)),
    answered(429, RateLimited),
    Shape("429 in 7 s", "status", lambda op: Ending(RateLimited, 429, "no"), {"status": 429, "retry_after": 7}),
    *(answered(status, Unavailable) for status in (408, 500, 503)),
    *(answered(status, Unavailable, "unknown") for status in (502, 504)),
    Shape("malformed JSON", "malformed_json", malformed),
    Shape("HTML", "html", unreadable),
    Shape("HTML 503", "html", lambda op: Ending(Unavailable, 503, "no"), {"status": 503}),
    Shape("empty", "empty", empty),
    inside(403, 403, Rejected),
    inside(401, 401, Rejected),
    inside(400, 400, Rejected),
    inside(404, 404, Rejected),
    inside(429, 429, RateLimited),
    inside(500, 500, Unavailable),
    inside("403", 403, Rejected),
    inside("404", 404, Rejected),
    inside("429 - LIMITE", 429, RateLimited),
    inside(503.0, 503, Unavailable),
    inside("ERRO", 200, Rejected),
    Shape("redirect", "redirect", lambda op: Ending(Rejected, 302, "no")),
    Shape("307", "redirect", lambda op: Ending(Rejected, 307, "no"), {"status": 307}),
    Shape("endless", "endless", too_long),
    Shape("cut in the middle", "cut", lost),
    Shape("answer lost", "lost_answer", lost),
    Shape("reset", "refuse", lost),
)


@pytest.fixture(autouse=True)
def _small_answers_and_no_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate, which has its own tests, would remember a 429 and hold the next call back."""
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 200_000)
    monkeypatch.setattr(gate, "enter", lambda provider, **_: provider)
    monkeypatch.setattr(gate, "leave", lambda ticket, call, error=None: call.save())


Left = tuple[type[ProviderError] | None, str, str, str, int | None, Decimal, str]


@pytest.fixture
def everywhere(written: Callable[[], str]) -> Callable[..., dict[str, ProviderError | None]]:
    """Make every call once, compare what it left with what it should, and look for leaks."""

    def ask(ending_of: Callable[[Operation], Ending], prepare: Callable[[Operation], None] = lambda op: None) -> Any:
        left, due, errors = {}, {}, {}
        for op in OPERATIONS:
            prepare(op)
            errors[str(op)], left[str(op)] = _asked(op)
            due[str(op)] = _due(op, ending_of(op))
        assert left == due
        rows = [vars(row) for row in ProviderCall.objects.all()]
        assert leaked(written(), rows, *(told_by(error) for error in errors.values() if error)) == []
        return errors

    return ask


def _asked(op: Operation) -> tuple[ProviderError | None, Left]:
    error = None
    try:
        op.ask()
    except ProviderError as raised:
        error = raised
    [row] = ProviderCall.objects.filter(provider=op.provider, operation=op.name)
    assert 0 <= row.ms < 60_000
    kind = type(error) if error else None
    return error, (kind, row.provider, row.operation, row.outcome, row.status, row.price, row.billed)


def _due(op: Operation, ending: Ending) -> Left:
    billed = ending.billed if op.is_paid else "no"
    return (ending.error, op.provider, op.name, ending.told, ending.status, PRICES[op.provider], billed)


Everywhere = Callable[..., dict[str, ProviderError | None]]


def test_every_operation_of_every_provider_is_in_the_table() -> None:
    known = {(op.provider, op.played) for op in OPERATIONS}
    played = {(provider, name) for provider, names in PLAYED.items() for name in names} - {("work_api", "other_module")}
    assert known == played, "Add the operation to operations.py: the contract below is for every one of them."


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_what_an_answer_becomes(sandbox: Sandbox, everywhere: Everywhere, shape: Shape) -> None:
    for op in OPERATIONS:
        sandbox.faults.next(op.provider, shape.mode, operation=op.played, calls=2, **shape.details)
    errors = everywhere(shape.ending)
    for op in OPERATIONS:
        assert sandbox.calls(op.provider, op.played) <= (2 if op.repeatable else 1)
        if isinstance(error := errors[str(op)], RateLimited):
            assert error.retry_after == shape.details.get("retry_after")


def test_a_slow_answer_ends_at_the_limit(quick: None, sandbox: Sandbox, everywhere: Everywhere) -> None:
    for provider in PLAYED:
        sandbox.faults.set(provider, latency_ms=10_000)
    everywhere(lost)
    assert eventually(lambda: sum(sandbox.calls(provider) for provider in PLAYED) == len(OPERATIONS))


def test_a_slow_drip_ends_at_the_limit_though_every_byte_arrives_in_time(
    quick: None, sandbox: Sandbox, everywhere: Everywhere
) -> None:
    for op in OPERATIONS:
        sandbox.faults.next(op.provider, "slow_drip", operation=op.played, seconds=60)
    started = time.monotonic()
    everywhere(lost)
    assert (time.monotonic() - started) / len(OPERATIONS) < 5


def test_headers_that_drip_end_at_the_limit(
    quick: None, canned: Callable[[Play], Canned], everywhere: Everywhere
) -> None:
    server = canned(answer(b""))
    server.play = server.drip(b"X", every=0.02)
    started = time.monotonic()
    everywhere(lost)
    assert (time.monotonic() - started) / len(OPERATIONS) < 5


def test_a_connection_that_is_not_taken_was_not_billed(
    quick: None,
    unreachable: str,
    point: Callable[[str, str, str], None],
    everywhere: Everywhere,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for client in CLIENTS:
        monkeypatch.setattr(client, "CONNECT_TIMEOUT", 0.03)
    point(unreachable, unreachable, unreachable)
    errors = everywhere(never_connected)
    assert not any(error.maybe_done for error in errors.values() if error)


def test_a_refused_connection_was_not_billed(point: Callable[[str, str, str], None], everywhere: Everywhere) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}"
    point(closed, closed, closed)
    errors = everywhere(never_connected)
    assert not any(error.maybe_done for error in errors.values() if error)


@pytest.mark.parametrize("body", [b'"sem registro"', b"5", b"true", b"null", b"[5, null]", b"NaN"])
def test_json_of_another_type_is_not_an_answer(
    canned: Callable[[Play], Canned], everywhere: Everywhere, body: bytes
) -> None:
    canned(answer(body))
    everywhere(unreadable)
