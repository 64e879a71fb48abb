"""What a status means to us, whether HTTP says it or the answer's own text."""

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from enrichment.providers.errors import ProviderError, RateLimited, Rejected, Unavailable
from enrichment.providers.reading import section, text

LONGEST_WAIT = 24 * 3600.0
GATEWAYS = (502, 504)  # what stands behind them may have finished the work
FAILURES = {"ERROR", "ERRO", "FAIL", "FAILED", "FALHA"}
_STATUS = re.compile(r"([1-5][0-9]{2})(?![0-9])")


def error_for_status(provider: str, status: int, retry_after: str | None = None) -> ProviderError:
    """The closed table of what an HTTP status means to us, also for statuses found inside a body."""
    if status == 429:
        return RateLimited(provider, retry_after=seconds_to_wait(retry_after), status=status)
    if status >= 500 or status in (408, 425):
        return Unavailable(provider, f"answered {status}", status=status, maybe_done=status in GATEWAYS)
    if 300 <= status < 400:
        return Rejected(provider, "answered with a redirect", status=status)
    return Rejected(provider, f"refused with {status}", status=status)


def status_inside(body: Any) -> int | None:
    """`403`, `"403"` or `"403 - FORBIDDEN"` under the key `status`."""
    found = _STATUS.match(text(section(body).get("status")))
    return int(found[1]) if found else None


def refusal_inside(provider: str, body: Any) -> ProviderError | None:
    """A failure that HTTP 200 was put around."""
    status, given = status_inside(body), section(body)
    if status is not None and not 200 <= status < 300:
        return error_for_status(provider, status)
    if given.get("success") is False or text(given.get("status")).upper() in FAILURES:
        return Rejected(provider, "refused in its answer", status=200)
    return None


def seconds_to_wait(header: str | None) -> float | None:
    """`Retry-After` in either of its forms; None when it says nothing usable."""
    try:
        seconds = float(header or "")
    except ValueError:
        seconds = _seconds_until(header or "")
    return min(max(0.0, seconds), LONGEST_WAIT) if math.isfinite(seconds) else None


def _seconds_until(moment: str) -> float:
    try:
        at = parsedate_to_datetime(moment)
    except ValueError:
        return math.nan
    return (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
