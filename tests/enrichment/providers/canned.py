"""Answers byte by byte, for what the sandbox does not play."""

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType

Play = Callable[[socket.socket], None]


def answer(body: bytes, *, status: str = "200 OK", headers: str = "") -> Play:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n".encode()
    return lambda wire: wire.sendall(head + body)


class Canned:
    """`with Canned(play) as server:` plays the same to every request, one connection at a time."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.requests: list[bytes] = []
        self._stopping = Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.02)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "Canned":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
        self._socket.close()

    def drip(self, piece: bytes, *, every: float) -> Play:
        def play(wire: socket.socket) -> None:
            while not self._stopping.wait(every):
                wire.sendall(piece)

        return play

    def _serve(self) -> None:
        while not self._stopping.is_set():
            with suppress(OSError):
                wire, _ = self._socket.accept()
                with wire:
                    self._answer(wire)

    def _answer(self, wire: socket.socket) -> None:
        wire.settimeout(30)
        request = b""
        while b"\r\n\r\n" not in request and (piece := wire.recv(65_536)):
            request += piece
        self.requests.append(request)
        self.play(wire)
