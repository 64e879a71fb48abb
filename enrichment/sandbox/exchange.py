import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


class Refusal(Exception):
    """A request that the sandbox itself cannot take: answered with this status and sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str  # still percent-encoded: an e-mail may hold an encoded slash
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> "Request":
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return cls(method, parts.path, query, headers, body)

    def below(self, prefix: str) -> str:
        rest = self.path.removeprefix(prefix)
        return rest if len(rest) <= 1 else rest.rstrip("/")

    def json(self) -> Any:
        try:
            return json.loads(self.body or b"{}")
        except ValueError as error:
            raise Refusal(400, "The body is not JSON.") from error

    def json_object(self) -> dict[str, Any]:
        body = self.json()
        if not isinstance(body, dict):
            raise Refusal(400, "The body is not a JSON object.")
        return body


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def decoded(text: str) -> str:
    return unquote(text).strip()


def json_answer(payload: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(payload, ensure_ascii=False).encode(), headers=headers or {})


def html_answer(page: str, status: int = 200) -> Answer:
    return Answer(status, page.encode(), "text/html; charset=utf-8")
