import json
import socket
from concurrent.futures import ThreadPoolExecutor
from http.client import IncompleteRead, RemoteDisconnected
from threading import Thread
from time import monotonic
from typing import Any

import pytest

from enrichment.sandbox import Sandbox
from enrichment.sandbox.demo import MARINA_LEAD_ID
from enrichment.sandbox.exchange import Refusal
from tests.c2s_enrich.embedded.processes import eventually
from tests.enrichment.sandbox.client import Client
from tests.enrichment.sandbox.holding import held, in_flight

CPF = "52998224725"


def test_latency_is_a_number_or_a_span(client: Client, sandbox: Sandbox) -> None:
    for latency in (60, [60, 90]):
        sandbox.faults.set("diretrix", latency_ms=latency)
        start = monotonic()
        client.phone("11987650021")
        assert monotonic() - start > 0.055


def test_an_operations_own_latency_goes_before_the_providers(client: Client, sandbox: Sandbox) -> None:
    sandbox.configure({"diretrix": {"latency_ms": 30_000, "operations": {"phone": {"latency_ms": 0}}}})
    assert client.phone("11987650021").status == 200


def test_an_error_rate_strikes_about_that_share_of_calls(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.set("work_api", error_rate=0.3, error_status=502)
    statuses = [client.work("cpf", CPF).status for _ in range(100)]
    assert 18 <= statuses.count(502) <= 42
    assert statuses.count(200) == 100 - statuses.count(502)


def test_an_error_rate_of_one_strikes_always_and_nothing_is_done(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.set("c2s", operation="create_message", error_rate=1)
    assert client.say(MARINA_LEAD_ID, "oi").status == 500
    assert client.lead(MARINA_LEAD_ID).status == 200
    assert sandbox.messages() == []


def test_over_the_rate_limit_comes_a_429_with_retry_after(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.set("c2s", rate_limit={"calls": 2, "seconds": 300})
    replies = [client.lead(MARINA_LEAD_ID) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert 200 <= int(replies[2].headers["retry-after"]) <= 300
    assert client.work("cpf", CPF).status == 200


def test_above_the_concurrency_limit_comes_a_429(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.set("work_api", max_concurrency=2)
    with ThreadPoolExecutor(2) as pool, held(sandbox, "work_api"):
        let_in = [pool.submit(client.work, "cpf", CPF) for _ in range(2)]
        assert eventually(lambda: in_flight(sandbox, "work_api") == 2)
        assert [client.work("cpf", CPF).status for _ in range(2)] == [429, 429]
    assert [call.result().status for call in let_in] == [200, 200]
    sandbox.faults.set("work_api", max_concurrency=1)
    assert [client.work("cpf", CPF).status for _ in range(20)] == [200] * 20


def test_an_outage_closes_at_once_or_says_503(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.set("diretrix", outage="refuse")
    with pytest.raises(ConnectionError):
        client.phone("11987650021")
    sandbox.faults.set("diretrix", outage="503")
    assert client.phone("11987650021").status == 503
    sandbox.faults.set("diretrix", outage=None)
    assert client.phone("11987650021").status == 200


def test_a_fixed_status_stays_until_it_is_taken_away(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.set("diretrix", status=403)
    assert {client.phone("11987650021").status for _ in range(3)} == {403}
    sandbox.faults.set("diretrix", status=None)
    assert client.phone("11987650021").status == 200


def test_a_module_that_was_not_bought_stays_refused_inside_200(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.set("work_api", operation="mae", inner_status=403)
    assert client.work("mae", "LUCIA ALVES").json()["status"] == 403
    assert client.work("cpf", CPF).json()["status"] == 200


def test_malformed_json_for_the_next_calls_only(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.next("work_api", "malformed_json", calls=2)
    for _ in range(2):
        reply = client.work("cpf", CPF)
        assert reply.status == 200
        with pytest.raises(json.JSONDecodeError):
            reply.json()
    assert client.work("cpf", CPF).json()["status"] == 200


def test_html_in_place_of_json(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.next("diretrix", "html")
    sandbox.faults.next("diretrix", "html", status=502)
    first, second = client.phone("11987650021"), client.phone("11987650021")
    assert (first.status, second.status) == (200, 502)
    assert first.headers["content-type"].startswith("text/html")


def test_an_error_inside_a_200(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.next("work_api", "error_in_200", inner_status=429)
    reply = client.work("cpf", CPF)
    assert (reply.status, reply.json()["status"]) == (200, 429)


def test_a_slow_drip_brings_the_whole_answer_in_the_end(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.next("work_api", "slow_drip", seconds=0.2)
    start = monotonic()
    assert client.work("cpf", CPF).json()["status"] == 200
    assert monotonic() - start > 0.15


def test_a_connection_cut_in_the_middle_of_the_body(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.next("work_api", "cut")
    with pytest.raises(IncompleteRead):
        client.work("cpf", CPF)


def test_an_endless_answer_goes_on_past_any_limit(sandbox: Sandbox) -> None:
    sandbox.faults.next("diretrix", "endless")
    with socket.create_connection(Client(sandbox).address, timeout=60) as wire:
        wire.sendall(
            b"GET /diretrix/Consultas/Pessoa/Telefone/11987650021 HTTP/1.1\r\nAuthorization: Basic YTpi\r\n\r\n"
        )
        read = 0
        while read < 1_000_000:
            read += len(wire.recv(65_536))
    assert sandbox.calls("diretrix", "phone") == 1


def test_an_endless_answer_can_be_given_an_end(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.next("diretrix", "endless", seconds=0.02)
    assert len(client.phone("11987650021").body) > 100_000


def test_an_empty_answer(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.next("diretrix", "empty")
    reply = client.phone("11987650021")
    assert (reply.status, reply.body) == (200, b"")


def test_a_redirect_leads_elsewhere(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.next("diretrix", "redirect", location="http://127.0.0.1:9/elsewhere")
    reply = client.phone("11987650021")
    assert (reply.status, reply.headers["location"]) == (302, "http://127.0.0.1:9/elsewhere")


def test_a_lost_answer_leaves_the_deed_done(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.next("c2s", "lost_answer", operation="create_message")
    with pytest.raises(RemoteDisconnected):
        client.say(MARINA_LEAD_ID, "impressão 42")
    assert [said["body"] for said in sandbox.messages()] == ["impressão 42"]
    assert "impressão 42" in client.lead(MARINA_LEAD_ID).body.decode()


def test_a_refused_message_is_not_stored(client: Client, sandbox: Sandbox) -> None:
    sandbox.faults.next("c2s", "status", status=429, retry_after=7)
    reply = client.say(MARINA_LEAD_ID, "oi")
    assert (reply.status, reply.headers["retry-after"]) == (429, "7")
    assert sandbox.messages() == []


def test_a_script_is_played_in_order(client: Client, sandbox: Sandbox) -> None:
    script: list[dict[str, Any]] = [{"mode": "ok"}, {"mode": "status", "status": 500, "calls": 2}]
    client.control({"work_api": {"next": script}})
    assert [client.work("cpf", CPF).status for _ in range(4)] == [200, 500, 500, 200]


@pytest.mark.parametrize(
    ("provider", "settings"),
    [
        ("nobody", {}),
        ("c2s", {"colour": 1}),
        ("c2s", {"error_rate": 2}),
        ("c2s", {"latency_ms": "slow"}),
        ("c2s", {"latency_ms": [2, 1]}),
        ("c2s", {"rate_limit": {"calls": 1}}),
        ("c2s", {"outage": "total"}),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(sandbox: Sandbox, provider: str, settings: Any) -> None:
    with pytest.raises(Refusal):
        sandbox.faults.set(provider, **settings)


def test_stopping_ends_calls_that_wait() -> None:
    sandbox = Sandbox()
    sandbox.start()
    sandbox.faults.set("diretrix", latency_ms=60_000)
    ended: list[float] = []

    def ask() -> None:
        with pytest.raises(OSError):
            Client(sandbox, seconds=120).phone("11987650021")
        ended.append(monotonic())

    thread = Thread(target=ask)
    thread.start()
    while not sandbox.calls("diretrix"):
        pass
    start = monotonic()
    sandbox.stop()
    thread.join()
    # of the minute that they would have waited
    assert ended[0] - start < 30
