"""HTTP/1.1 on one kept connection: read a request, write its answer in one piece."""

import socket
import struct
from contextlib import suppress
from http import HTTPStatus
from socketserver import StreamRequestHandler
from typing import TYPE_CHECKING

from enrichment.sandbox.exchange import Answer, Refusal, Request, json_answer

if TYPE_CHECKING:
    from enrichment.sandbox.server import Listener

LONGEST_LINE = 65_536
MOST_HEADERS = 200
LARGEST_BODY = 16 * 1024 * 1024
REASONS = {status.value: status.phrase for status in HTTPStatus}
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Connection(StreamRequestHandler):
    """The standard handler's header parser takes longer than all the rest of an answer: hence a small one."""

    server: "Listener"
    disable_nagle_algorithm = True
    rbufsize = 65_536

    def setup(self) -> None:
        super().setup()
        self.keep = True
        self.server.opened(self.connection)

    def handle(self) -> None:
        with suppress(OSError):
            while self.keep and (line := self.rfile.readline(LONGEST_LINE)):
                if line.strip():
                    self._serve(line)

    def finish(self) -> None:
        self.server.closed(self.connection)
        with suppress(OSError):
            super().finish()

    def send(self, answer: Answer) -> None:
        self.write(self._head(answer, len(answer.body)) + answer.body)

    def send_head(self, answer: Answer, length: int | None) -> None:
        self.keep = self.keep and length is not None
        self.write(self._head(answer, length))

    def write(self, piece: bytes) -> None:
        self.connection.sendall(piece)

    def pause(self, seconds: float) -> bool:
        """True when the sandbox is stopping and nobody should wait any longer."""
        return seconds > 0 and self.server.stopping.wait(seconds)

    def cut(self) -> None:
        self.keep = False

    def reset(self) -> None:
        """Closes as a refused connection looks to the client: with a reset, not an end."""
        self.keep = False
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)

    def _serve(self, line: bytes) -> None:
        try:
            request = self._read(line)
        except Refusal as refusal:
            # What is left unread would be taken for the next request.
            self.keep = False
            return self.send(json_answer({"error": str(refusal)}, refusal.status))
        return self.server.respond(request, self)

    def _read(self, line: bytes) -> Request:
        words = line.decode("latin-1").split()
        if len(words) != 3 or not words[1].startswith("/"):
            raise Refusal(400, "This is not an HTTP request.")
        method, target, version = words
        headers = self._headers()
        wish = headers.get("connection", "").lower()
        self.keep = wish != "close" and (version == "HTTP/1.1" or wish == "keep-alive")
        return Request.of(method, target, headers, self._body(headers))

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for _ in range(MOST_HEADERS):
            name, colon, value = self.rfile.readline(LONGEST_LINE).decode("latin-1").partition(":")
            if not colon:
                return headers
            headers[name.lower()] = value.strip()
        raise Refusal(431, "Too many headers.")

    def _body(self, headers: dict[str, str]) -> bytes:
        if "transfer-encoding" in headers:
            raise Refusal(411, "Send a Content-Length.")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            raise Refusal(413, "The body is too large.")
        if headers.get("expect", "").lower() == "100-continue":
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self.rfile.read(int(length)) if length != "0" else b""

    def _head(self, answer: Answer, length: int | None) -> bytes:
        lines = [
            f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Unknown')}",
            f"Content-Type: {answer.content_type}",
            "Server: sandbox",
            f"Connection: {'keep-alive' if self.keep else 'close'}",
            *(f"{name}: {value}" for name, value in answer.headers.items()),
        ]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
