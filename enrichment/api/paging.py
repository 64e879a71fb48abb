"""Pages by cursor: where the last page ended, not how many rows were before it, so inserts shift nothing."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from enrichment.api.asked import refuse, text_in

T = TypeVar("T")


def cursor_in(request: Request, *kinds: Callable[[Any], Any]) -> list[Any] | None:
    """The values that the cursor holds, each made into its kind again; None on the first page."""
    written = text_in(request, "cursor")
    if not written:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(written.encode("ascii")))
        return [kind(value) for kind, value in zip(kinds, values, strict=True)]
    except (ValueError, TypeError, AttributeError, RecursionError):
        refuse("cursor", "expected the one that came in `next`")


def next_url(request: Request, values: Sequence[Any]) -> str:
    """The address of the page after the row with these values."""
    cursor = base64.urlsafe_b64encode(json.dumps([str(value) for value in values]).encode()).decode()
    return str(replace_query_param(request.build_absolute_uri(), "cursor", cursor))


def page_of(rows: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """Of rows read one beyond the limit: the page, and its last row if more follow."""
    return rows[:limit], rows[limit - 1] if len(rows) > limit else None
