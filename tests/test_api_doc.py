"""The curl commands in `docs/api.md` do what is said beside them, and cover every address."""

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from string import Template
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from c2s_enrich.models import Scope, api_key_make
from enrichment.sandbox import Sandbox
from tests.enrichment.working import at_work
from tests.production import ROOT
from tests.test_openapi import CONTRACT

WRITTEN = (ROOT / "docs" / "api.md").read_text()
SECRET, GOOGLE_KEY = "the-right-secret", "the-right-key"


@dataclass
class Command:
    written: str
    status: int
    method: str = "GET"
    url: str = ""
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, written: str, known: dict[str, str]) -> "Command":
        command, comment = re.split(r"\s+# (?=\d{3})", written)
        asked = cls(written, int(comment[:3]))
        words = iter(shlex.split(filled_in(command.strip(), known))[1:])
        for word in words:
            match word:
                case "-X":
                    asked.method = next(words)
                case "-H":
                    name, _, value = next(words).partition(": ")
                    asked.headers[name] = value
                case "-d":
                    asked.body = next(words)
                case _:
                    asked.url = word
        return asked

    def send(self) -> tuple[int, Any]:
        address = urlsplit(self.url)
        path = f"{address.path}?{address.query}" if address.query else address.path
        with closing(HTTPConnection(address.netloc, timeout=60)) as server:
            server.request(self.method, path, self.body and self.body.encode(), self.headers)
            answer = server.getresponse()
            text = answer.read()
        return answer.status, json.loads(text) if text[:1] in (b"{", b"[") else None


def filled_in(command: str, known: dict[str, str]) -> str:
    """As a shell would: not between single quotes."""
    parts = re.split(r"('[^']*')", command)
    return "".join(part if part.startswith("'") else Template(part).substitute(known) for part in parts)


def commands() -> Iterator[str]:
    for block in re.findall(r"```sh\n(.*?)```", WRITTEN, re.DOTALL):
        joined = block.replace("\\\n", " ")
        yield from (line for line in joined.splitlines() if line.startswith("curl "))


@pytest.fixture
def known(settings: Settings, sandbox: Sandbox, worker_alive: None, live_server: LiveServer) -> dict[str, str]:
    settings.WEBHOOK_SECRETS, settings.GOOGLE_ADS_WEBHOOK_KEYS = [SECRET], [GOOGLE_KEY]
    key = api_key_make(name="curl", scopes=Scope.values, rate_per_second=0)[1]
    return {"BASE": live_server.url, "KEY": key, "WEBHOOK_SECRET": SECRET, "GOOGLE_KEY": GOOGLE_KEY}


@pytest.mark.django_db(transaction=True)
def test_every_command_is_answered_as_its_comment_says(known: dict[str, str]) -> None:
    with at_work():
        for written in commands():
            command = Command.read(written, known)
            status, told = command.send()
            assert status == command.status, (written, told)
            if isinstance(told, dict):
                known |= {"RUN_ID": told["run_id"]} if "run_id" in told else {}
                known |= {"PARTY_ID": told["metadata"]["party_id"]} if "metadata" in told else {}


def test_every_address_has_its_command() -> None:
    known = {"BASE": "", "KEY": "k", "WEBHOOK_SECRET": "s", "GOOGLE_KEY": "g", "RUN_ID": "r", "PARTY_ID": "p"}
    sent = {(c.method.lower(), urlsplit(c.url).path) for c in (Command.read(w, known) for w in commands())}
    for method, path in CONTRACT:
        pattern = re.compile(re.sub(r"{\w+}", "[^/]+", path))
        assert any(m == method and pattern.fullmatch(p) for m, p in sent), f"{method} {path} is not in docs/api.md"
