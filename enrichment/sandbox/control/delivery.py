"""How an answer is spoiled on its way to the client."""

from collections.abc import Callable
from typing import Protocol

from enrichment.sandbox.control.modes import Mode
from enrichment.sandbox.exchange import Answer, html_answer, json_answer

DRIP_SECONDS = 1.0
DRIP_PIECES = 50
ENDLESS_SECONDS = 60.0
ENDLESS_PAUSE = 0.005
BLOCK = b" " * 65_536
PAGE = "<!doctype html><html><body><h1>Manutenção programada</h1></body></html>"


class Wire(Protocol):
    """The client's end: one connection, cut when an answer cannot be ended well."""

    def send(self, answer: Answer) -> None: ...
    def send_head(self, answer: Answer, length: int | None) -> None: ...
    def write(self, piece: bytes) -> None: ...
    def pause(self, seconds: float) -> bool: ...
    def cut(self) -> None: ...
    def reset(self) -> None: ...


def stand_in(mode: Mode) -> Answer:
    """The answer of a mode that does no deed."""
    headers = {} if mode.retry_after is None else {"Retry-After": str(mode.retry_after)}
    if mode.name == "html":
        return html_answer(PAGE, mode.status or 200)
    if mode.name == "error_in_200":
        return json_answer({"status": mode.inner_status, "reason": "RECUSADO PELO SANDBOX"})
    if mode.name == "empty":
        return Answer(mode.status or 200, b"")
    if mode.name == "redirect":
        return Answer(mode.status or 302, b"", headers={"Location": mode.location})
    return json_answer({"error": "sandbox fault"}, mode.status or 500, headers)


def deliver(wire: Wire, answer: Answer, mode: Mode) -> None:
    WAYS.get(mode.name, _plainly)(wire, answer, mode)


def stays_under_way(mode: Mode) -> bool:
    return mode.name in ("slow_drip", "endless")


def label(answer: Answer, mode: Mode) -> str:
    return "cut" if mode.name in ("cut", "lost_answer", "refuse") else str(answer.status)


def _plainly(wire: Wire, answer: Answer, mode: Mode) -> None:
    wire.send(answer)


def _malformed(wire: Wire, answer: Answer, mode: Mode) -> None:
    half = answer.body[: max(1, len(answer.body) * 2 // 3)]
    wire.send(Answer(answer.status, half, answer.content_type, answer.headers))


def _never(wire: Wire, answer: Answer, mode: Mode) -> None:
    wire.cut()


def _refuse(wire: Wire, answer: Answer, mode: Mode) -> None:
    wire.reset()


def _cut(wire: Wire, answer: Answer, mode: Mode) -> None:
    wire.send_head(answer, len(answer.body))
    wire.write(answer.body[: len(answer.body) // 2])
    wire.cut()


def _drip(wire: Wire, answer: Answer, mode: Mode) -> None:
    wire.send_head(answer, len(answer.body))
    step = max(1, len(answer.body) // DRIP_PIECES)
    starts = range(0, len(answer.body), step)
    pause = (DRIP_SECONDS if mode.seconds is None else mode.seconds) / max(1, len(starts))
    for start in starts:
        if wire.pause(pause):
            return wire.cut()
        wire.write(answer.body[start : start + step])
    return None


def _endless(wire: Wire, answer: Answer, mode: Mode) -> None:
    wire.send_head(answer, None)
    wire.write(answer.body[:-1])
    rounds = int((ENDLESS_SECONDS if mode.seconds is None else mode.seconds) / ENDLESS_PAUSE)
    for _ in range(rounds):
        if wire.pause(ENDLESS_PAUSE):
            break
        wire.write(BLOCK)
    wire.cut()


WAYS: dict[str, Callable[[Wire, Answer, Mode], None]] = {
    "malformed_json": _malformed,
    "lost_answer": _never,
    "refuse": _refuse,
    "cut": _cut,
    "slow_drip": _drip,
    "endless": _endless,
}
