"""Plain HTTP to what we started ourselves. Only `enrichment.providers.http` speaks to anybody else."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any


def ask(
    port: int, path: str, *, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Any]:
    """Status and decoded answer; status 0 when nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, _decoded(answer.read())
    except (OSError, HTTPException):
        return 0, None
    finally:
        connection.close()


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
