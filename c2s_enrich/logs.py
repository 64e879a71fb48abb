"""Structured logs: JSON in production, one readable line in development; identifiers are cut out last of all."""

import logging.config
import re
from typing import Any

import structlog

# Whatever else a caller does wrong, no national id, e-mail, phone or secret leaves through a log line.
_PERSONAL = [
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[email]"),
    (re.compile(r"(?<![\w-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w-])"), "[cpf]"),
    (re.compile(r"(?<![\w-])\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}(?![\w-])"), "[cnpj]"),
    (re.compile(r"(?<![\w.:-])\+?\d{10,14}(?![\w.:-])"), "[number]"),
    (re.compile(r"(?<!\w)\(\d{2}\)\s?9?\d{4}-?\d{4}(?!\w)"), "[phone]"),
    (re.compile(r"(?i)\b(token|senha|password|secret|google_key|api[_-]?key)=[^\s&\"']+"), r"\1=[cut]"),
    (re.compile(r"(/webhooks/c2s/)[^/\s\"'?]+"), r"\1[cut]"),
]


def redacted(text: str) -> str:
    for pattern, stand_in in _PERSONAL:
        text = pattern.sub(stand_in, text)
    return text


def _redact(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    return {key: redacted(value) if isinstance(value, str) else value for key, value in event.items()}


def _one_line(_logger: Any, _method: str, event: dict[str, Any]) -> str:
    """`12:01:07 run finished  lead=… status=completed`: a person reads this in a terminal."""
    stamp = str(event.pop("timestamp", ""))[11:19]
    level, text = event.pop("level", "info"), event.pop("event", "")
    trace = event.pop("exception", None)
    event.pop("logger", None)
    pairs = " ".join(f"{key}={value}" for key, value in event.items() if value is not None)
    mark = "" if level == "info" else f"{level.upper()} "
    line = f"{stamp} {mark}{text}  {pairs}".rstrip().replace("\r", "\\r").replace("\n", "\\n")
    return f"{line}\n{redacted(trace)}" if trace else line


def logging_config(*, level: str, as_json: bool) -> None:
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=as_json),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared[:2],
            structlog.processors.TimeStamper(fmt="iso", utc=as_json),
            structlog.processors.format_exc_info,
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
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _redact, last],
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
                "procrastinate": {"level": "WARNING"},
                "django.request": {"level": "ERROR"},
                "urllib3": {"level": "WARNING"},
                "gunicorn": {"level": "WARNING"},
            },
        }
    )
