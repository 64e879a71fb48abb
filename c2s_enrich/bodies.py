"""Reading a body that anybody may have written."""

import json
import math
import re
from typing import Any, NoReturn

from django.http import HttpRequest
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from c2s_enrich.errors import Refusal

MOST_BYTES = 5 * 1024 * 1024
DEEPEST = 100
_LONGEST_NUMBER = 1000
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json\s*(?:;|$)", re.IGNORECASE)
# what neither PostgreSQL nor UTF-8 can hold
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def json_body(request: HttpRequest | Request) -> Any:
    """The body of a call to our API: JSON by its content type, fit to be stored; `{}` where there is none."""
    raw = _raw(_plain(request))
    if not raw.strip():
        return {}
    content_type = request.META.get("CONTENT_TYPE", "")
    if content_type and not _JSON.match(content_type):
        raise Refusal(415)
    return _storable(_parsed(raw, strict=True))


def json_body_of_any_type(request: HttpRequest | Request) -> Any:
    """A webhook's body: whatever its content type claims, and as it came, for the sender cannot mend it."""
    return json_of_any_type(body_bytes(request))


def body_bytes(request: HttpRequest | Request, most: int = MOST_BYTES) -> bytes:
    """The body as it came, up to what its sender may send."""
    return _raw(_plain(request), most)


def json_of_any_type(raw: bytes) -> Any:
    """However deep: a sender's one bad event must not spoil the others."""
    return _parsed(raw, strict=False)


def json_object(request: HttpRequest | Request) -> dict[str, Any]:
    body = json_body(request)
    if not isinstance(body, dict):
        raise Refusal(400, "The body must be a JSON object.", "invalid", details={"body": "expected an object"})
    return body


class LimitedJSONParser(BaseParser):
    """The same for whoever reads `request.data`."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return _storable(_parsed(_limited(stream), strict=True))


def declared_length(request: HttpRequest) -> int:
    given = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(given) if given.isdecimal() and len(given) < 16 else 0


def _plain(request: HttpRequest | Request) -> HttpRequest:
    return request._request if isinstance(request, Request) else request


def _raw(request: HttpRequest, most: int = MOST_BYTES) -> bytes:
    if declared_length(request) > most:
        raise _too_large(most)
    environ = request.META
    # Django takes a body without a length for empty; the server has undone the chunks and ends the stream itself
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower() and environ.get("wsgi.input_terminated"):
        return _limited(environ["wsgi.input"], most)
    return _limited(request, most)


def _limited(stream: Any, most: int = MOST_BYTES) -> bytes:
    raw: bytes = stream.read(most + 1)
    if len(raw) > most:
        raise _too_large(most)
    return raw


def _too_large(most: int) -> Refusal:
    says = f"The body is larger than {most // 1024} kB: more is read where the key stands in the address or a header."
    return Refusal(413) if most == MOST_BYTES else Refusal(413, says)


def _parsed(raw: bytes, *, strict: bool) -> Any:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal(400, "The body is not UTF-8.", "malformed_json") from None
    try:
        body = json.loads(text, **(_STRICT if strict else _LENIENT))
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "The body is not valid JSON.", "malformed_json", details=_where(error)) from None
    if strict and is_deeper(body, DEEPEST):
        raise Refusal(400, f"The body is nested more than {DEEPEST} levels deep.", "too_deep")
    return body


def _where(error: Exception) -> dict[str, str] | None:
    """The place, and nothing of what stands there."""
    if not isinstance(error, json.JSONDecodeError):
        return None
    return {"body": f"expected JSON; it breaks off at line {error.lineno}, column {error.colno}"}


def _whole(digits: str) -> int | str:
    """One absurd number must not spoil what stands beside it: as text it can be kept."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _whole_or_none(digits: str) -> int:
    """Python has such a limit too, unless somebody took it off: reading digits takes the square of their number."""
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("a number of too many digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number too large")
    return number


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_STRICT: dict[str, Any] = {"parse_constant": _no_number, "parse_float": _finite, "parse_int": _whole_or_none}
_LENIENT: dict[str, Any] = {"parse_int": _whole}


def _storable(body: Any) -> Any:
    level = [body]
    while level:
        if any(isinstance(item, str) and _UNSTORABLE.search(item) for item in level):
            raise Refusal(400, "The body holds characters that no text may hold.", "malformed_json")
        level = [inner for item in level for inner in _inner(item)]
    return body


def _inner(item: Any) -> list[Any]:
    if isinstance(item, dict):
        return [*item.keys(), *item.values()]
    return item if isinstance(item, list) else []


def is_deeper(value: Any, allowed: int) -> bool:
    """Level by level: recursion would be what a deep body attacks."""
    level = [value]
    for _ in range(allowed):
        level = [inner for item in level for inner in _inner(item)]
        if not level:
            return False
    return any(isinstance(item, dict | list) for item in level)
