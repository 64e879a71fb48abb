"""Reading a body that anybody may have written."""

import json
from typing import Any

from django.http import HttpRequest

from c2s_enrich.errors import Refusal

MOST_BYTES = 5 * 1024 * 1024
DEEPEST = 100


def json_body(request: HttpRequest) -> Any:
    """The body as JSON, whatever its content type claims; too large, too deep or malformed is refused."""
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        raise Refusal(413)
    raw = request.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise Refusal(413)
    try:
        body = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Refusal(400, "The body is not UTF-8.", "malformed_json") from None
    except (ValueError, RecursionError):
        raise Refusal(400, "The body is not valid JSON.", "malformed_json") from None
    if _is_deeper(body, DEEPEST):
        raise Refusal(400, f"The body is nested more than {DEEPEST} levels deep.", "too_deep")
    return body


def _is_deeper(value: Any, allowed: int) -> bool:
    """Level by level: recursion would be what a deep body attacks."""
    level = [value]
    for _ in range(allowed):
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True
