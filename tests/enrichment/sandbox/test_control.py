import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from time import monotonic
from typing import Any

import pytest

from enrichment.sandbox import Sandbox
from enrichment.sandbox.demo import MARINA_LEAD_ID
from tests.c2s_enrich.embedded.processes import eventually
from tests.enrichment.sandbox.client import Client
from tests.enrichment.sandbox.holding import held, in_flight


def test_settings_can_be_seen_and_taken_back(client: Client) -> None:
    settings = {"diretrix": {"latency_ms": 5, "next": [{"mode": "html"}]}, "work_api": {"expected": "secret"}}
    shown = client.control(settings).json()
    assert shown == client.call("GET", "/_control").json()
    assert shown["diretrix"]["latency_ms"] == 5
    assert shown["diretrix"]["next"][0]["mode"] == "html"
    assert "secret" not in json.dumps(shown)
    assert client.control({"reset": True}).json()["diretrix"] == {}


@pytest.mark.parametrize("body", [{"c3s": {}}, {"c2s": 5}, {"c2s": {"next": [{"mode": "fire"}]}}, []])
def test_settings_that_make_no_sense_are_a_400(client: Client, body: Any) -> None:
    reply = client.control(body)
    assert reply.status == 400
    assert reply.json()["error"]


def test_every_call_is_counted_by_what_it_asked_for(client: Client, sandbox: Sandbox) -> None:
    client.phone("11987650021")
    client.phone("11987654300")
    client.email("ana@example.com")
    client.work("cpf", "52998224725")
    stats = client.call("GET", "/_stats").json()
    assert stats == sandbox.stats()
    assert stats["diretrix"]["total"] == 3
    assert stats["diretrix"]["by_status"] == {"200": 2, "404": 1}
    assert stats["diretrix"]["operations"]["phone"]["identifiers"] == {"11987650021": 1, "11987654300": 1}
    assert stats["diretrix"]["operations"]["email"]["identifiers"] == {"ana@example.com": 1}
    assert sandbox.calls("work_api", "cpf", "52998224725") == 1
    assert sandbox.calls("c2s") == 0


def test_faulty_calls_are_counted_too(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.set("diretrix", outage="refuse")
    with pytest.raises(ConnectionError):
        client.phone("11987650021")
    assert sandbox.stats()["diretrix"]["by_status"] == {"cut": 1}
    assert sandbox.stats()["diretrix"]["in_flight"] == 0


def test_the_most_calls_at_once_are_known(client: Client, sandbox: Sandbox) -> None:
    began = monotonic()
    with ThreadPoolExecutor(5) as pool, held(sandbox, "diretrix"):
        for n in range(5):
            pool.submit(client.phone, f"1198765002{n}")
        assert eventually(lambda: in_flight(sandbox, "diretrix") == 5)
        all_came_in_ms = 1000 * (monotonic() - began)
    assert sandbox.stats()["diretrix"]["max_in_flight"] == 5
    assert 0 <= sandbox.stats()["diretrix"]["smallest_gap_ms"] <= all_came_in_ms / 4 + 1


def test_counts_can_be_reset(client: Client, sandbox: Sandbox) -> None:
    client.phone("11987650021")
    client.call("DELETE", "/_stats")
    assert sandbox.calls("diretrix") == 0


def test_a_reset_over_http_keeps_the_leads_and_messages(client: Client, sandbox: Sandbox) -> None:
    client.say(MARINA_LEAD_ID, "oi")
    client.control({"reset": True})
    assert len(sandbox.messages()) == 1
    sandbox.reset()
    assert sandbox.messages() == []


def test_people_and_leads_are_registered_over_http(client: Client, sandbox: Sandbox) -> None:
    person = {
        "name": "RUI BARRETO",
        "cpf": "39053344705",
        "phones": ["51 98765-4300"],
        "birth_date": "1980-02-01",
    }
    assert client.control(person, "/people").status == 201
    assert client.phone("51987654300").json() == [{"nome": "RUI BARRETO", "cpf": "39053344705"}]
    made = client.control([{"phone": "51987654300"}, {"id": "lead-7", "phone": "11987650021"}], "/leads").json()
    assert made["data"][0]["attributes"]["customer"]["name"] == "Rui Barreto"
    assert client.lead("lead-7").status == 200
    for path in ("/people", "/leads"):
        assert client.control([{"colour": "red"}], path).status == 400
        assert client.control([5], path).status == 400
        assert client.control({"phones": 5, "phone": 5}, path).status == 400


def test_the_people_page_tells_the_rules_and_who_is_who(client: Client, sandbox: Sandbox) -> None:
    page = client.call("GET", "/_people").body.decode()
    assert "12 people" in page
    (shown,) = client.call("GET", "/_people?phone=11987650021").json()
    assert shown["cpf"] == sandbox.people_of(phone="11987650021")[0].cpf
    assert client.call("GET", "/_people?email=ana@example.com").json()[0]["profile"]["status"] == 200


def test_health_and_unknown_paths(client: Client) -> None:
    assert client.call("GET", "/_health").json()["status"] == "healthy"
    for path in ("/nothing", "/c2s/nothing", "/work/api/x", "/_control/x"):
        reply = client.call("GET", path)
        assert reply.status == 404
        assert reply.json()["error"]


class Door(BaseHTTPRequestHandler):
    seen: list[tuple[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, json.loads(body)))  # type: ignore[attr-defined]
        self.send_response(202)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the test output is not the place."""


@pytest.fixture
def door() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Door)
    server.seen = []  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_is_fired_at_a_loopback_address(client: Client, door: HTTPServer) -> None:
    url = f"http://127.0.0.1:{door.server_address[1]}/hooks/secret?x=1"
    assert client.control({"lead_id": MARINA_LEAD_ID, "url": url}, "/webhook").json() == {"status": 202}
    ((path, event),) = door.seen  # type: ignore[attr-defined]
    assert path == "/hooks/secret?x=1"
    assert (event["id"], event["hook_action"]) == (MARINA_LEAD_ID, "on_create_lead")
    assert event["attributes"]["customer"]["phone"] == "(11) 98765-4321"


@pytest.mark.parametrize(
    ("url", "status"), [("http://192.0.2.1/", 422), ("https://127.0.0.1/", 422), ("http://127.0.0.1:1/", 502)]
)
def test_a_webhook_goes_nowhere_else(client: Client, url: str, status: int) -> None:
    assert client.control({"lead_id": MARINA_LEAD_ID, "url": url}, "/webhook").status == status
