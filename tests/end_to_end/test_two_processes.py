"""Keys, their limits and a switch over two real web processes."""

import socket
import time
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from c2s_enrich.models import ApiKey, Scope, api_key_make, api_key_revoke
from enrichment.models import Alert, AlertKind
from tests.back_office import superuser
from tests.c2s_enrich.embedded.processes import eventually
from tests.enrichment.alerts.receivers import Receiver
from tests.web_server import WebServer

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "/api/v1/leads/nobody"


def made(rate: int = 0) -> tuple[ApiKey, str]:
    return api_key_make(name="two processes", scopes=[Scope.LOOKUP], rate_per_second=rate)


def statuses(web: WebServer, key: str, times: int = 1) -> list[int]:
    return [web.ask(ADDRESS, **{"X-API-Key": key})[0] for _ in range(times)]


def test_a_revoked_key_stops_at_once_in_every_process_and_a_limit_is_shared(web: WebServer) -> None:
    first, second = web.workers
    row, key = made()
    for worker in (first, second):
        with web.only(worker):
            assert statuses(web, key, 3) == [404] * 3
    api_key_revoke(key=row)
    for worker in (first, second):
        with web.only(worker):
            assert statuses(web, key) == [401]
    _, limited = made(rate=1)
    ApiKey.objects.filter(name="two processes", revoked_at=None).update(burst=10)
    began = time.monotonic()
    with web.only(first):
        answered = statuses(web, limited, 6)
    with web.only(second):
        answered += statuses(web, limited, 14)
    # one more for each second that passed
    assert 10 <= answered.count(404) <= 11 + time.monotonic() - began
    assert answered[:10] == [404] * 10


def test_every_process_sees_a_providers_switch_at_once(web: WebServer) -> None:
    """Pressed here; seen by the page of each process."""
    client = superuser()
    session: Any = client.cookies["sessionid"].value
    client.post(reverse("desk:provider_switch", args=["work_api"]), {"to": "off"})
    for worker in web.workers:
        with web.only(worker):
            status, said = web.ask(reverse("desk:providers"), Cookie=f"sessionid={session}")
        assert status == 200
        assert "Switched off by boss" in said


def test_web_processes_tell_that_no_worker_is_at_work(web: WebServer, told: Receiver) -> None:
    silent = Alert.objects.filter(kind=AlertKind.WORKER_SILENT)
    assert eventually(silent.exclude(since=None).exists), web.log.read_text()[-2000:]
    assert told.posted == []
    silent.update(since=timezone.now() - timedelta(minutes=2))
    assert eventually(lambda: told.headlines == ["No worker is at work"]), web.log.read_text()[-2000:]


def test_no_log_of_a_real_server_tells_a_wrong_secret(web: WebServer) -> None:
    hidden = "a-wrong-secret-that-nobody-may-read"
    path = f"/api/v1/webhooks/c2s/{hidden}"
    assert web.ask(path, method="POST", body={})[0] == 401
    assert web.ask(path + "/", method="POST", body={})[0] == 401
    assert web.ask(f"{path}/and/more", method="POST", body={})[0] == 401
    assert web.ask(path)[0] in (401, 405)
    assert web.ask(f"/nowhere?google_key={hidden}&cpf=52998224725")[0] == 404
    assert web.ask(f"{path}?token={hidden}", method="POST", **{"X-Forwarded-Proto": "https"})[0] == 401
    for line in (f"POST {path} HTTP/9.9", f"POST {path}?token={hidden} nonsense", f"GET {path}\x01 HTTP/1.1"):
        raw(web.port, line)
    with_a_body_too_large(web.port, path)
    assert hidden not in web.log.read_text()
    assert "52998224725" not in web.log.read_text()
    assert "Invalid request" in web.log.read_text()


def test_a_chunked_body_is_read_like_any_other(web: WebServer) -> None:
    headers = {"X-Webhook-Token": "the-right-secret"}
    with closing(HTTPConnection("127.0.0.1", web.port, timeout=60)) as asking:
        asking.request("POST", "/api/v1/webhooks/c2s", iter([b'{"id": "chunked-1", ', b'"attributes": {}}']), headers)
        answer = asking.getresponse()
        assert (answer.status, b'"processed":1' in answer.read().replace(b" ", b"")) == (200, True)


def raw(port: int, line: str) -> None:
    """A request line that is none."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(f"{line}\r\nHost: x\r\n\r\n".encode())
        connection.recv(1000)


def with_a_body_too_large(port: int, path: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n".encode())
        assert b" 413 " in connection.recv(1000)
