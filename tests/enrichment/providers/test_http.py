"""The one door outwards: its limits, its pool, and what it never does."""

import gzip
import logging
import ssl
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from enrichment.models import ProviderCall
from enrichment.providers import http
from enrichment.providers.c2s import client as c2s
from enrichment.providers.diretrix import client as diretrix
from enrichment.providers.errors import BadPayload, ProviderError, Rejected, Unavailable
from enrichment.providers.http import Door
from enrichment.providers.work_api import client as work_api
from enrichment.sandbox import Sandbox
from tests.enrichment.providers.canned import Canned, Play, answer
from tests.enrichment.providers.leaks import CPF_ASKED, leaked, told_by
from tests.enrichment.providers.operations import OPERATIONS, Operation, cpf, phone

pytestmark = pytest.mark.django_db

LIMITS = {c2s: (3.0, 10.0), diretrix: (3.0, 10.0), work_api: (3.0, 35.0)}
NOT_REPEATED = [op for op in OPERATIONS if not op.repeatable]
REPEATED = [op for op in OPERATIONS if op.repeatable]


def door(url: str, **more: Any) -> Door:
    given: dict[str, Any] = {"provider": "c2s", "base_url": url, "connect_timeout": 60, "read_timeout": 60}
    return Door(**given | more)


@pytest.mark.parametrize("client", LIMITS, ids=lambda client: client.PROVIDER)
def test_connect_and_read_limits_are_pinned(sandbox: Sandbox, client: ModuleType) -> None:
    opened = client.door()
    assert (opened.connect_timeout, opened.read_timeout) == LIMITS[client]
    assert sum(LIMITS[client]) <= client.LONGEST


def test_there_is_no_default_limit() -> None:
    defaults = {field.name: field.default for field in fields(Door)}
    assert defaults["connect_timeout"] is defaults["read_timeout"] is MISSING


def test_no_proxy_and_no_netrc_of_the_machine_is_used(
    canned: Callable[[Play], Canned], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server = canned(answer(b"{}"))
    assert door(server.url).call("GET", "/").status == 200
    assert b"Authorization" not in server.requests[0]


def test_many_calls_go_through_one_connection(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(sandbox._listener, "opened", opened.append)
    for digits in ("11987650021", "11987650000", "11987650022"):  # the second is nobody's
        diretrix.people_by_phone(phone(digits))
    assert len(opened) == 1


def test_threads_share_the_pool_and_each_gets_its_own_answer(sandbox: Sandbox) -> None:
    sandbox.faults.set("c2s", latency_ms=20)
    shared = door(sandbox.c2s_url, headers={"Authorization": "Bearer any"})
    answers: list[int] = []

    def ask() -> None:
        answers.extend(shared.call("GET", "/integration/company").status for _ in range(3))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 24


@pytest.mark.parametrize("op", REPEATED, ids=str)
@pytest.mark.parametrize("mode", ["refuse", "lost_answer", "cut"])
def test_a_free_look_up_is_tried_once_more_on_a_dead_connection(sandbox: Sandbox, op: Operation, mode: str) -> None:
    sandbox.faults.next(op.provider, mode, operation=op.played)
    op.ask()
    assert sandbox.calls(op.provider, op.played) == 2
    assert ProviderCall.objects.get().outcome == "ok"


@pytest.mark.parametrize("op", REPEATED, ids=str)
def test_a_free_look_up_is_tried_no_more_than_twice(sandbox: Sandbox, op: Operation) -> None:
    sandbox.faults.next(op.provider, "refuse", calls=3)
    with pytest.raises(Unavailable):
        op.ask()
    assert sandbox.calls(op.provider) == 2


@pytest.mark.parametrize("op", NOT_REPEATED, ids=str)
def test_what_costs_or_has_an_effect_is_never_repeated(sandbox: Sandbox, op: Operation) -> None:
    sandbox.faults.next(op.provider, "refuse", calls=3)
    with pytest.raises(Unavailable):
        op.ask()
    assert sandbox.calls(op.provider) == 1


def test_an_answer_may_be_as_long_as_the_limit(
    canned: Callable[[Play], Canned], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 100)
    server = canned(answer(b"x" * 100))
    assert door(server.url).call("GET", "/").body == b"x" * 100
    server.play = answer(b"x" * 101)
    with pytest.raises(BadPayload):
        door(server.url).call("GET", "/")


def test_a_small_answer_cannot_unfold_into_a_huge_one(
    canned: Callable[[Play], Canned], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 200_000)
    server = canned(answer(gzip.compress(b"0" * 50_000_000, 1), headers="Content-Encoding: gzip\r\n"))
    tracemalloc.start()
    try:
        with pytest.raises(BadPayload):
            door(server.url).call("GET", "/")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 10_000_000
    assert b"Accept-Encoding: identity" in server.requests[0]


def test_a_compressed_answer_that_nobody_asked_for_is_still_read(canned: Callable[[Play], Canned]) -> None:
    server = canned(answer(gzip.compress(b'{"a": 1}'), headers="Content-Encoding: gzip\r\n"))
    assert door(server.url).call("GET", "/").json() == {"a": 1}


def test_the_body_of_a_redirect_is_not_read(canned: Callable[[Play], Canned]) -> None:
    server = canned(answer(b""))
    drip = server.drip(b"x" * 10_000, every=0.001)

    def play(wire: Any) -> None:
        wire.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/elsewhere?a=b\r\n\r\n")
        drip(wire)

    server.play = play
    started = time.monotonic()
    with pytest.raises(Rejected):
        door(server.url).call("GET", "/")
    # of the minute after which whoever reads on would be stopped
    assert time.monotonic() - started < 30
    assert len(server.requests) == 1


def test_cookies_are_not_kept(canned: Callable[[Play], Canned]) -> None:
    server = canned(answer(b"{}", headers="Set-Cookie: session=1; Path=/\r\n"))
    opened = door(server.url)
    for _ in range(2):
        opened.call("GET", "/")
    assert not any(b"Cookie" in request for request in server.requests)


def test_a_warning_of_the_library_does_not_show_the_address(
    canned: Callable[[Play], Canned], written: Callable[[], str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "urllib3")
    canned(answer(b'{"status": 404}', headers="this is no header\r\n"))
    assert work_api.profile_by_cpf(cpf()) is None
    assert leaked(written()) == []


def test_credentials_of_any_alphabet_are_sent(canned: Callable[[Play], Canned]) -> None:
    server = canned(answer(b"{}"))
    assert door(server.url, auth=("usuário€", "señal✓")).call("GET", "/").status == 200
    assert b"Basic " in server.requests[0]


@pytest.mark.parametrize("token", ["a-token\r\nX: y", "a-token-€"])
def test_credentials_that_no_header_can_hold_are_refused_without_showing_them(token: str) -> None:
    with pytest.raises(Rejected) as caught:
        door("http://127.0.0.1:9", headers={"Authorization": f"Bearer {token}"}).call("GET", "/")
    assert "a-token" not in told_by(caught.value)


@pytest.mark.parametrize("url", ["", "127.0.0.1", "ftp://127.0.0.1", "http://", "http://[bad", "http://a b"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ProviderError):
        door(url).call("GET", "/")


def test_a_value_that_cannot_be_sent_is_refused_without_showing_it() -> None:
    value = f"{CPF_ASKED}\ud800"
    with pytest.raises(Rejected) as caught:
        door("http://127.0.0.1:9").call("GET", "/", params={"consulta": value})
    assert leaked(told_by(caught.value)) == []


def test_a_certificate_that_nobody_signed_is_refused_before_anything_is_sent(
    canned: Callable[[Play], Canned], tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    server = canned(lambda wire: None)

    def shake_hands(wire: Any) -> None:
        context.wrap_socket(wire, server_side=True)

    server._answer = shake_hands  # type: ignore[method-assign]
    with pytest.raises(Unavailable) as caught:
        door(server.url.replace("http:", "https:")).call("GET", "/")
    assert not caught.value.maybe_done
    assert server.requests == []


def test_a_door_shows_no_secret() -> None:
    shown = repr(door("http://127.0.0.1:9", headers={"Authorization": "Bearer hush"}, auth=("hush", "hush")))
    assert "hush" not in shown


def _self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
