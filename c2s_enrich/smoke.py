"""`KEY=… make smoke URL=…`: a safe look at an installation from outside. Nothing is written, nothing is paid.

Python's own library and nothing else: it runs from any machine, without settings and without installing anything.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

# made up; whoever has it is neither asked about outside nor shown
NOBODYS_PHONE = "11900000001"
TIMEOUT = 15
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return {}


class Site:
    def __init__(self, url: str, key: str) -> None:
        at = urlsplit(url)
        if at.scheme not in ("http", "https") or not at.hostname:
            sys.exit("Say where: KEY=… make smoke URL=https://enrich.example.com")
        if not key:
            sys.exit("Say with which API key (scope lookup): KEY=… make smoke URL=…")
        self._connect = HTTPSConnection if at.scheme == "https" else HTTPConnection
        self._host, self._port, self._path = at.hostname, at.port, at.path.rstrip("/")
        self._key = key

    def ask(self, path: str, *, body: Any = None, with_key: bool = False, token: str = "") -> Answer:
        known = {"Authorization": f"Bearer {self._key}"} if with_key else {"X-Webhook-Token": token} if token else {}
        sent = None if body is None else json.dumps(body)
        connection = self._connect(self._host, self._port, timeout=TIMEOUT)
        try:
            connection.request("POST" if sent else "GET", self._path + path, sent, JSON | known)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()


Check = Callable[[Site], str]


def health(site: Site) -> str:
    told = site.ask("/health")
    service = told.json().get("service")
    return "" if (told.status, service) == (200, "c2s-enrich") else f"{told.status}: this is not c2s-enrich"


def ready(site: Site) -> str:
    told = site.ask("/ready")
    lacking = [f"{name} is {state}" for name, state in told.json().get("checks", {}).items() if state != "ok"]
    return "" if told.status == 200 and not lacking else f"{told.status}: {', '.join(lacking) or 'no answer of ours'}"


def lookup(site: Site) -> str:
    told = site.ask("/api/v1/lookup", body={"phone": NOBODYS_PHONE, "tiers": "local"}, with_key=True)
    if told.status in (401, 403):
        return f"{told.status}: the key is not valid, or lacks the scope lookup"
    if told.status not in (200, 404):
        return f"{told.status}: a look-up should be 404, or 200 where somebody has this number"
    return "" if "no-store" in told.headers.get("cache-control", "") else "the answer may be cached on the way"


def lookup_without_a_key(site: Site) -> str:
    return _refused(site.ask("/api/v1/lookup", body={"phone": NOBODYS_PHONE, "tiers": "local"}), {401})


def metrics_without_a_key(site: Site) -> str:
    return _refused(site.ask("/metrics"), {401})


def docs(site: Site) -> str:
    told = site.ask("/api/docs")
    return "" if told.status == 200 and b"<html" in told.body.lower() else f"{told.status}: no documentation"


def webhook_refusal(site: Site) -> str:
    """An empty list: even a door that lets everybody in would store nothing."""
    return _refused(site.ask("/api/v1/webhooks/c2s", body=[], token="wrong-on-purpose"), {401, 403})  # noqa: S106  no secret: it is to be refused


def _refused(told: Answer, wanted: set[int]) -> str:
    return "" if told.status in wanted else f"{told.status}: it should be refused"


CHECKS: tuple[Check, ...] = (
    health,
    ready,
    lookup,
    lookup_without_a_key,
    metrics_without_a_key,
    docs,
    webhook_refusal,
)


def look(site: Site) -> Iterator[tuple[str, str]]:
    """Each check, and what is wrong; nothing when all is well."""
    for check in CHECKS:
        try:
            trouble = check(site)
        except (OSError, HTTPException) as error:
            trouble = f"no answer ({type(error).__name__})"
        yield check.__name__.replace("_", " "), trouble


def main(words: list[str]) -> int:
    failed = 0
    for name, trouble in look(Site(words[0] if words else "", os.environ.get("KEY", ""))):
        failed += bool(trouble)
        sys.stdout.write(f"{'failed' if trouble else 'ok':7} {name}{': ' if trouble else ''}{trouble}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
