"""What is logged as an error is reported to Sentry: what broke and where, and the ids to look it up by.

No text of an exception leaves, for it may hold a name that no pattern finds; nor arguments of a log line, local
variables, or anything of the request. Loaded only where a setting asks for it.
"""

import logging
import sys
import time
import traceback
from typing import Any

import sentry_sdk
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from sentry_sdk.utils import BadDsn, event_from_exception

from c2s_enrich.logs import private
from c2s_enrich.request_id import current_request_id
from c2s_enrich.version import VERSION

_IDS = ("run", "lead", "provider", "operation", "kind", "sweep", "status")
# what speaks for itself, or of the way there
_UNREPORTED = ("sentry_sdk", "urllib3", "opentelemetry")
_FLUSH_SECONDS = 1.0
_AGAIN_AFTER = 60.0


class ErrorReports(logging.Handler):
    def __init__(self, dsn: str) -> None:
        super().__init__(logging.ERROR)
        try:
            self._client = sentry_sdk.Client(
                dsn=dsn,
                environment="production" if settings.PRODUCTION else "development",
                release=f"c2s-enrich@{VERSION}",
                default_integrations=False,
                auto_enabling_integrations=False,
                auto_session_tracking=False,
                include_local_variables=False,
                include_source_context=False,
                before_send=_masked,
            )
        except BadDsn:
            raise ImproperlyConfigured("SENTRY_DSN cannot be read as https://key@host/project.") from None
        self._reported: dict[tuple[Any, ...], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(_UNREPORTED) or _is_echo(record):
            return
        try:
            if self._is_news(record):
                self._client.capture_event(_event(record, self._client.options))
        except Exception:  # noqa: BLE001  a report that fails must not become the next error
            self.handleError(record)

    def _is_news(self, record: logging.LogRecord) -> bool:
        """The same from the same place once a minute: an outage must not use up what may be sent in a month."""
        told, raised = _told(record), _raised(record)
        places = traceback.extract_tb(raised[2], limit=-1) if raised else []
        what = (record.name, str(told.get("event")), told.get("kind"), *((p.filename, p.lineno) for p in places))
        now = time.monotonic()
        self._reported = {known: at for known, at in self._reported.items() if now - at < _AGAIN_AFTER}
        is_news = what not in self._reported
        self._reported.setdefault(what, now)
        return is_news

    def flush(self) -> None:
        self._client.flush(timeout=_FLUSH_SECONDS)


def _is_echo(record: logging.LogRecord) -> bool:
    """Django's line for every answer from 500 on: what led to it was logged before."""
    return record.name == "django.request" and not record.exc_info


def _event(record: logging.LogRecord, options: dict[str, Any]) -> Any:
    told, raised = _told(record), _raised(record)
    event: dict[str, Any] = dict(event_from_exception(raised, options)[0]) if raised else {}
    for exception in event.get("exception", {}).get("values", []):
        exception["value"] = None
    tags = {name: told[name] for name in _IDS if told.get(name) is not None}
    return event | {
        "level": "error" if record.levelno < logging.CRITICAL else "fatal",
        "logger": record.name,
        "logentry": {"message": str(told.get("event", ""))},
        "tags": tags | {"request_id": current_request_id() or "none"},
    }


def _told(record: logging.LogRecord) -> dict[str, Any]:
    return record.msg if isinstance(record.msg, dict) else {"event": record.msg}


def _raised(record: logging.LogRecord) -> Any:
    exc_info = _told(record).get("exc_info") or record.exc_info
    if isinstance(exc_info, BaseException):
        return type(exc_info), exc_info, exc_info.__traceback__
    found = sys.exc_info() if exc_info is True else exc_info
    return found if found and found[0] else None


def _masked(event: Any, _hint: Any) -> Any:
    """Once more, and last of all: as if it were a line of the log."""
    frames = event.pop("exception", None)
    masked = {name: value if name in _HARMLESS else private(name, value) for name, value in event.items()}
    return masked | ({"exception": frames} if frames else {})


_HARMLESS = {"event_id", "timestamp", "level", "platform", "sdk", "release", "environment"}
