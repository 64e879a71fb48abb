import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from re import Match
from typing import NamedTuple

from enrichment.sandbox.crm import Crm
from enrichment.sandbox.exchange import Answer, Request
from enrichment.sandbox.people import People


class Call(NamedTuple):
    """One call of a provider, as it is counted: the identifier is what was asked for."""

    provider: str
    operation: str
    identifier: str


@dataclass
class World:
    people: People = field(default_factory=People)
    crm: Crm = field(default_factory=Crm)
    expected: dict[str, str] = field(default_factory=dict)

    def admits(self, provider: str, credential: str) -> bool:
        wanted = self.expected.get(provider)
        if wanted is None:
            return bool(credential)
        return hmac.compare_digest(wanted.encode(), credential.encode())


Handler = Callable[[World, Request, Call], Answer]


class Route:
    def __init__(
        self, method: str, pattern: str, call: Callable[[Request, Match[str]], Call], handler: Handler
    ) -> None:
        self.method = method
        self.pattern = re.compile(pattern)
        self.call = call
        self.handler = handler

    def match(self, request: Request, path: str) -> Call | None:
        if request.method != self.method:
            return None
        found = self.pattern.fullmatch(path)
        return self.call(request, found) if found else None
