import socket
from http.client import HTTPConnection
from threading import Thread

from enrichment.sandbox import Sandbox
from tests.enrichment.sandbox.client import Client


def exchange(sandbox: Sandbox, raw: bytes) -> bytes:
    with socket.create_connection(Client(sandbox).address, timeout=60) as wire:
        wire.sendall(raw)
        wire.shutdown(socket.SHUT_WR)
        pieces = []
        while piece := wire.recv(65_536):
            pieces.append(piece)
    return b"".join(pieces)


def test_a_connection_is_kept_for_many_calls(sandbox: Sandbox) -> None:
    connection = HTTPConnection(*Client(sandbox).address, timeout=60)
    ports = set()
    for _ in range(20):
        connection.request("GET", "/_health")
        connection.getresponse().read()
        ports.add(connection.sock.getsockname()[1])
    connection.close()
    assert len(ports) == 1


def test_a_hundred_kept_connections_are_served_at_once(sandbox: Sandbox) -> None:
    served: list[int] = []

    def ask() -> None:
        connection = HTTPConnection(*Client(sandbox).address, timeout=60)
        for _ in range(5):
            connection.request("GET", "/work/api?token=t&modulo=cpf&consulta=24774598054")
            answer = connection.getresponse()
            answer.read()
            served.append(answer.status)
        connection.close()

    threads = [Thread(target=ask) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert served == [200] * 500


def test_two_requests_sent_together_get_two_answers(sandbox: Sandbox) -> None:
    answer = exchange(sandbox, b"GET /_health HTTP/1.1\r\n\r\n" * 2)
    assert answer.count(b"HTTP/1.1 200 OK") == 2


def test_a_client_that_says_close_is_let_go(sandbox: Sandbox) -> None:
    answer = exchange(sandbox, b"GET /_health HTTP/1.1\r\nConnection: close\r\n\r\n" * 2)
    assert answer.count(b"HTTP/1.1 200 OK") == 1


def test_a_client_may_wait_for_leave_to_send_its_body(sandbox: Sandbox) -> None:
    head = b"POST /_control HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"
    assert exchange(sandbox, head).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_what_is_not_http_is_refused_and_closed(sandbox: Sandbox) -> None:
    assert exchange(sandbox, b"hello\r\n\r\n").startswith(b"HTTP/1.1 400")
    chunked = b"POST /_control HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert exchange(sandbox, chunked).startswith(b"HTTP/1.1 411")
    large = b"POST /_control HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"
    assert exchange(sandbox, large).startswith(b"HTTP/1.1 413")
    many = b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 300 + b"\r\n"
    assert exchange(sandbox, many).startswith(b"HTTP/1.1 431")


def test_a_stopped_sandbox_can_be_started_again_on_its_port() -> None:
    with Sandbox() as first:
        port = Client(first).address[1]
        Client(first).call("GET", "/_health")
    with Sandbox(port=port) as second:
        assert Client(second).call("GET", "/_health").status == 200
