import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from uuid import UUID

import pytest
import structlog
from django.conf import settings

from c2s_enrich.logs import logging_config, redacted

Lines = Callable[[], list[str]]
FORGED = "12:00:00 run finished"


@pytest.fixture
def written() -> Iterator[Callable[[bool], Lines]]:
    """Set the logs up anew, in JSON or for a terminal, and read what they wrote."""
    structlog.contextvars.clear_contextvars()
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()

    def set_up(as_json: bool) -> Lines:
        with redirect_stdout(stream):
            logging_config(level="INFO", as_json=as_json)
        return lambda: stream.getvalue().splitlines()

    yield set_up
    with redirect_stdout(sys.__stdout__ or stream):
        logging_config(level=settings.LOG_LEVEL, as_json=settings.PRODUCTION)
    structlog.configure(**before)
    root.handlers[:], root.level = handlers, level


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
