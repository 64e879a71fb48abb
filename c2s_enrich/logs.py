"""Structured logs: JSON in production, one readable line in development; identifiers are cut out last of all."""

import json
import logging.config
import re
from typing import Any

import structlog

_UNTOLD = r"token|senha|passw(?:or)?d|secret|google_key|api[_-]?key|authorization|cookie|(?<=_)pass"
_IS_UNTOLD = re.compile(_UNTOLD, re.IGNORECASE)
# Whatever else a caller does wrong, no national id, e-mail, phone or secret leaves through a log line.
_PERSONAL = [
    # PostgreSQL quotes the row that was in its way; it may hold blank lines
    (re.compile(r"(?s)\b(DETAIL|DETALHE): .*?(?=\n\n(?:The above exception|During handling)|\Z)"), r"\1: [cut]"),
    (re.compile(r"(://[^/\s:@]*):[^/\s]*@"), r"\1:[cut]@"),
    (re.compile(r"(/webhooks/c2s/)[^/\s\"'?]+"), r"\1[cut]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 [cut]"),
    (
        re.compile(rf"(?i)((?:{_UNTOLD})[\"']?\s*[=:]\s*[\"']?)(?!\[cut\]|bearer |basic )[^&\s\"',}}]+"),
        r"\1[cut]",
    ),
    (re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"), "[email]"),
    (re.compile(r"(?<![\w-])\d{3}\.?\d{3}\.?\d{3}-\d{2}(?![\w-])"), "[cpf]"),
    (re.compile(r"(?<![\w-])\d{3}[.\s-]\d{3}[.\s-]\d{3}[.\s-]?\d{2}(?![\w-])"), "[cpf]"),
    # however else it is taken apart
    (
        re.compile(
            r"(?<!\d)\d{3}[\s\u200b-\u200d\u2010-\u2015·_.,:;/-]{1,3}\d{3}[\s\u200b-\u200d\u2010-\u2015·_.,:;/-]{1,3}\d{3}"
            r"[\s\u200b-\u200d\u2010-\u2015·_.,:;/-]{0,3}\d{2}(?!\d)"
        ),
        "[cpf]",
    ),
    # right behind its own name, where a number would pass for a part of a word
    (
        re.compile(r"(?i)((?:cpf|cnpj|document|phone|fone|tel|celular)[a-z]*[\s_:=#]{0,3})\+?\d[\d.\s()/-]{6,18}\d"),
        r"\1[number]",
    ),
    (re.compile(r"(?<![\w-])[0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/[0-9A-Z]{4}-\d{2}(?![\w-])"), "[cnpj]"),
    (re.compile(r"(?<![\w-])(?:\+?55[\s.-]?)?\(?0?\d{2}\)?[\s.-]?9?\d{4}[\s.-]?\d{4}(?![\w-]|\.\d)"), "[phone]"),
    (re.compile(r"(?<![\w-])9\d{4}[\s-]\d{4}(?![\w-])"), "[phone]"),
    (re.compile(r"(?<![\w.-])\+?\d{10,14}(?![\w-]|\.\d)"), "[number]"),
]
# what a terminal or a log reader takes for the end of a line, or for a command
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def redacted(text: str) -> str:
    for pattern, stand_in in _PERSONAL:
        text = pattern.sub(stand_in, text)
    return text


def _redact(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    return {key: private(key, value) for key, value in event.items()}


def private(name: str, value: Any) -> Any:
    if hasattr(value, "path_info"):  # a request shows itself with its query
        value = f"{value.method} {value.path}"
    match value:
        case None | bool() | float():
            return value
        case _ if _IS_UNTOLD.search(name):
            return "[cut]"
        case int():
            return value if redacted(str(value)) == str(value) else "[number]"
        case dict():
            return {redacted(str(key)): private(str(key), inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [private(name, inner) for inner in value]
    return value if name == "timestamp" else redacted(str(value))


def _one_line(_logger: Any, _method: str, event: dict[str, Any]) -> str:
    """`12:01:07 run finished  lead=… status=completed`: a person reads this in a terminal."""
    stamp = str(event.pop("timestamp", ""))[11:19]
    level, text = event.pop("level", "info"), event.pop("event", "")
    trace = event.pop("exception", None)
    event.pop("logger", None)
    pairs = " ".join(f"{key}={_quoted(value)}" for key, value in event.items() if value is not None)
    mark = "" if level == "info" else f"{level.upper()} "
    line = _on_one_line(f"{stamp} {mark}{text}  {pairs}".rstrip())
    # indented, so that no line of a trace can pass for an event of its own
    return "\n    ".join([line, *map(_on_one_line, str(trace).splitlines())]) if trace else line


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if re.search(r"[\s=\"]", text) else text


def _on_one_line(text: str) -> str:
    return _CONTROL.sub(lambda sign: sign[0].encode("unicode_escape").decode(), text)


def logging_config(*, level: str, as_json: bool) -> None:
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=as_json),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared[:2],
            structlog.processors.TimeStamper(fmt="iso", utc=as_json),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    last = structlog.processors.JSONRenderer() if as_json else _one_line
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "lines": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    # a trace becomes text only here: other handlers get the exception itself
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        _redact,
                        last,
                    ],
                }
            },
            "handlers": {
                "stdout": {
                    "class": "logging.StreamHandler",
                    "stream": "ext://sys.stdout",
                    "formatter": "lines",
                }
            },
            "root": {"handlers": ["stdout"], "level": level},
            "loggers": {
                # three lines for every log-in; that somebody is locked out is a warning
                "axes": {"level": "WARNING"},
                "procrastinate": {"level": "WARNING"},
                "django.request": {"level": "ERROR"},
                "urllib3": {"level": "WARNING"},
                # whole addresses, and in them tokens and people: said here too, for this very call forgets
                # what was said of a logger below one that is named
                "urllib3.connection": {"level": "CRITICAL"},
                "urllib3.connectionpool": {"level": "CRITICAL"},
                "gunicorn": {"level": "WARNING"},
            },
        }
    )
