import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from enrichment.sandbox import Sandbox

BEARER = {"Authorization": "Bearer any"}
BASIC = {"Authorization": f"Basic {b64encode(b'user:password').decode()}"}


@dataclass
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Plain HTTP, one connection a call unless kept, so that no library hides what the sandbox does."""

    def __init__(self, sandbox: Sandbox | str, *, seconds: float = 60) -> None:
        parts = urlsplit(sandbox if isinstance(sandbox, str) else sandbox.base_url)
        self.address = (parts.hostname or "", parts.port or 0)
        self.seconds = seconds

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        connection = HTTPConnection(*self.address, timeout=self.seconds)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), dict(headers or BEARER))
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def lead(self, lead_id: str) -> Reply:
        return self.call("GET", f"/c2s/integration/leads/{lead_id}")

    def leads(self, **query: Any) -> Reply:
        return self.call("GET", f"/c2s/integration/leads?{urlencode(query)}")

    def say(self, lead_id: str, text: str) -> Reply:
        body = {"leadId": lead_id, "body": text}
        return self.call("POST", f"/c2s/integration/leads/{lead_id}/create_message", body)

    def phone(self, number: str) -> Reply:
        return self.call("GET", f"/diretrix/Consultas/Pessoa/Telefone/{number}", headers=BASIC)

    def email(self, email: str) -> Reply:
        return self.call("GET", f"/diretrix/Consultas/Pessoa/Email/{quote(email, safe='')}", headers=BASIC)

    def cpf(self, cpf: str) -> Reply:
        return self.call("GET", f"/diretrix/Consultas/Pessoa/{cpf}", headers=BASIC)

    def work(self, module: str, value: str, token: str = "any") -> Reply:
        query = urlencode({"token": token, "modulo": module, "consulta": value})
        return self.call("GET", f"/work/api?{query}", headers={})

    def control(self, body: Any, path: str = "") -> Reply:
        return self.call("POST", f"/_control{path}", body)
