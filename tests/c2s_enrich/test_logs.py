import json
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from c2s_enrich.logs import _redact, redacted
from enrichment.sandbox.digits import with_check_digits

Lines = Callable[[], list[str]]
FORGED = "12:00:00 run finished"


def logger() -> structlog.stdlib.BoundLogger:
    made: structlog.stdlib.BoundLogger = structlog.get_logger("tests")
    return made


@pytest.mark.parametrize(
    "private",
    [
        "529.982.247-25",
        "52998224725",
        "529982247-25",
        "11.222.333/0001-81",
        "11222333000181",
        "12.ABC.345/01DE-35",
        "+5511987654321",
        "5511987654321",
        "(11) 98765-4321",
        "(11)987654321",
        "11 98765-4321",
        "+55 11 98765-4321",
        "98765-4321",
        "marina.prado@example.com",
        "marina.prado%40example.com",
    ],
)
@pytest.mark.parametrize("around", ["{}", "of {}.", "cpf:{}", "phone={}&x=1", '{{"a": "{}"}}', "tel:{}, asked"])
def test_nobody_can_be_told_from_a_line(private: str, around: str) -> None:
    assert private not in redacted(around.format(private))


DIGITS = st.integers(100_000_000, 899_999_999).map(lambda n: f"{n:09d}")
CPFS = DIGITS.map(with_check_digits)
CPF_FORMS = (
    "{0}{1}{2}{3}",
    "{0}.{1}.{2}-{3}",
    "{0}{1}{2}-{3}",
    "{0} {1} {2} {3}",
    "{0}.{1}.{2}.{3}",
    "{0}-{1}-{2}-{3}",
)
PHONE_FORMS = (
    "+55{0}{1}{2}", "55{0}{1}{2}", "{0}{1}{2}", "({0}) {1}-{2}", "({0}){1}{2}", "{0} {1} {2}", "+55 ({0}) {1}-{2}",
    "0{0} {1}-{2}", "{0}-{1}-{2}", "+55 {0} {1} {2}", "{1}-{2}",
)  # fmt: skip
AROUND = (
    "{}",
    "of {}.",
    "cpf={}",
    "cpf{}",
    "phone:{}",
    '"{}"',
    "({})",
    "<{}>",
    "x={}&y=1",
    "{},",
    "tel/{}",
    "[{}]",
    "{}\n",
)


@st.composite
def told(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """Somebody's number or address in some spelling, and what of it may not be read."""
    number = draw(CPFS)
    cpf = draw(st.sampled_from(CPF_FORMS)).format(number[:3], number[3:6], number[6:9], number[9:])
    area, first = draw(st.sampled_from(("11", "21", "47", "85"))), draw(st.sampled_from(("98765", "3765", "99123")))
    last = draw(st.integers(1000, 9999).map(str))
    phone = draw(st.sampled_from(PHONE_FORMS[: None if len(first) == 5 else -1])).format(area, first, last)
    box = draw(st.from_regex(r"[a-z][a-z0-9]{2,8}([._+-][a-z0-9]{2,8})?", fullmatch=True))
    email = f"{box}@{draw(st.sampled_from(('example.com', 'mail.example.com.br', 'x-y.example.org')))}"
    which = draw(st.sampled_from(((cpf, number[3:9]), (phone, last), (email, box))))
    return draw(st.sampled_from(AROUND)).format(which[0]), (which[0], which[1])


@given(told(), st.sampled_from(range(7)))
def test_whatever_its_spelling_and_its_place_nobody_leaves_through_a_line(
    spelled: tuple[str, tuple[str, ...]], place: int
) -> None:
    text, private = spelled
    places: list[dict[str, Any]] = [
        {"event": text}, {"event": "x", "why": text}, {"event": "x", "kept": {"a": [text, {"b": text}]}},
        {"event": "x", "error": ValueError(text)}, {"event": "x", "body": text.encode()},
        {"event": "x", "d": {text: 1}}, {"event": "x", "exception": f"Traceback:\n  File x\nValueError: {text}"},
    ]  # fmt: skip
    line = json.dumps(_redact(None, "", places[place]), ensure_ascii=False)
    if private[0].isdecimal() or "@" in private[0]:
        assert private[0] not in line
    assert private[1] not in line, line


@pytest.mark.parametrize(
    "text",
    [
        "POST /api/v1/webhooks/c2s/hidden-part",
        "POST /api/v1/webhooks/c2s/hidden-part/?a=b",
        "?token=hidden-part&modulo=cpf",
        "C2S_TOKEN=hidden-part",
        "password: hidden-part",
        '{"google_key": "hidden-part"}',
        "Authorization: Bearer hidden-part",
        "X-API-Key: hidden-part",
        "postgres://c2s:hidden-part@localhost:5432/c2s",
        "redis://:hidden-part@cache.example.com/0",
        "https://example.com/?senha=hidden-part",
    ],
)
def test_no_secret_leaves_through_a_line(text: str) -> None:
    assert "hidden-part" not in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "lead=358f62821dc6cfa7cfbda19e670d6392",
        "run 01939012-3456-7890-8123-123456789012 finished",
        "2026-11-21T04:01:37.123456Z took 1234 ms",
        "127.0.0.1:8081",
        "version 2.31.0 of 1732161661.123",
    ],
)
def test_what_is_nobodys_is_left_alone(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize("as_json", [True, False])
def test_whatever_a_line_carries_is_redacted(written: Callable[[bool], Lines], as_json: bool) -> None:
    lines = written(as_json)
    logger().info(
        "asked about 52998224725",
        phone=5511987654321,
        people=[{"email": "marina.prado@example.com"}],
        error=ValueError("(11) 98765-4321"),
        webhook_secret="hidden-part",
    )
    [line] = lines()
    for private in ("52998224725", "5511987654321", "marina", "98765", "hidden-part"):
        assert private not in line


def test_production_writes_one_json_object_per_event(written: Callable[[bool], Lines]) -> None:
    lines = written(True)
    logger().info("run finished", run=UUID(int=7), ms=12, status="completed\n{}")
    logging.getLogger("another.library").warning("first\r\nsecond %s", "third")
    first, second = map(json.loads, lines())
    assert (first["event"], first["ms"]) == ("run finished", 12)
    assert second["event"] == "first\r\nsecond third"


def test_an_exception_is_one_json_object_too(written: Callable[[bool], Lines]) -> None:
    lines = written(True)
    fail_with("of 52998224725\n" + FORGED)
    [line] = lines()
    assert "52998224725" not in line
    assert "RuntimeError" in json.loads(line)["exception"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x1b[2K", "\u2028", "\x85"])
def test_a_terminal_gets_one_line_per_event(written: Callable[[bool], Lines], end: str) -> None:
    lines = written(False)
    logger().info(f"asked{end}{FORGED}", name=f"Ana{end}{FORGED}")
    logging.getLogger("another.library").warning("%s", f"x{end}{FORGED}")
    assert len(lines()) == 2
    assert not any(end in line for line in lines())


def test_no_line_of_a_trace_passes_for_an_event(written: Callable[[bool], Lines]) -> None:
    lines = written(False)
    fail_with(f"broke\n{FORGED}\r{FORGED}")
    first, *trace = lines()
    assert "ERROR run broke" in first
    assert trace
    assert all(line.startswith("    ") for line in trace)


def test_a_value_with_blanks_is_quoted(written: Callable[[bool], Lines]) -> None:
    lines = written(False)
    logger().info("run waits", why="no answer status=completed", seconds=2)
    assert lines()[0].endswith('run waits  why="no answer status=completed" seconds=2')


def fail_with(text: str) -> None:
    try:
        raise RuntimeError(text)
    except RuntimeError:
        logger().exception("run broke")


def test_the_row_that_postgresql_quotes_is_cut(written: Callable[[bool], Lines]) -> None:
    lines = written(True)
    said = "null value in column\nDETAIL:  Failing row contains (7, Marina Prado,\n\nRua das Flores 12).\n"
    try:
        try:
            raise ValueError(said)
        except ValueError as error:
            raise RuntimeError("the same again") from error
    except RuntimeError:
        logging.getLogger("somewhere").exception("it failed: %s", said)
    told = "".join(lines())
    assert not [word for word in ("Marina", "Flores") if word in told]
    assert "the same again" in told
    assert "null value in column" in told
