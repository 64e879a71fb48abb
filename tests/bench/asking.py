"""Asking a web server over kept connections as fast as it answers: little more than a send and a read each."""

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing import get_context

CONNECTIONS = 8


@dataclass
class Told:
    """What came of it: how long each answer took, and how many were asked in how many seconds."""

    seconds: list[float] = field(default_factory=list)
    took: float = 0.0
    refused: int = 0

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.took


def get(path: str, key: str = "") -> bytes:
    return _head(f"GET {path}", key) + b"\r\n"


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in ("Content-Type: application/json", *headers))
    return _head(f"POST {path}", "") + f"{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


def ask(port: int, requests: Iterable[bytes], *, times: int, connections: int = CONNECTIONS) -> Told:
    """In a process of its own, so that measuring does not wait for the measured."""
    given = list(requests)
    with get_context("fork").Pool(1) as pool:
        return pool.apply(_asked, (port, given, times, connections))


def _asked(port: int, requests: list[bytes], times: int, connections: int) -> Told:
    told, lock, source = Told(), threading.Lock(), cycle(requests)
    share = times // connections
    threads = [threading.Thread(target=_talk, args=(port, source, share, told, lock)) for _ in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.took = time.perf_counter() - began
    assert len(told.seconds) == share * connections, "a connection broke off"
    return told


def _talk(port: int, source: Iterator[bytes], times: int, told: Told, lock: threading.Lock) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(times):
            with lock:
                request = next(source)
            began = time.perf_counter()
            wire.sendall(request)
            status = _answer(wire)
            told.seconds.append(time.perf_counter() - began)
            told.refused += status != b"200"


def _answer(wire: socket.socket) -> bytes:
    received = wire.recv(65536)
    while b"\r\n\r\n" not in received:
        received += wire.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    missing = length - len(body)
    while missing > 0:
        missing -= len(wire.recv(65536))
    return head[9:12]


def _head(line: str, key: str) -> bytes:
    credential = f"X-API-Key: {key}\r\n" if key else ""
    return f"{line} HTTP/1.1\r\nHost: 127.0.0.1\r\n{credential}".encode()
