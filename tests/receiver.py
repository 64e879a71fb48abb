"""Whatever watches the service from outside, played on loopback: it keeps what it is sent."""

import gzip
import json
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.taken: list[tuple[str, bytes]] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.shutdown()
        self.server_close()

    def spans(self) -> list[Any]:
        """Of OTLP over HTTP."""
        bodies = [body for path, body in self.taken if path == "/v1/traces"]
        told = [ExportTraceServiceRequest.FromString(body).resource_spans for body in bodies]
        return [span for one in told for resource in one for scope in resource.scope_spans for span in scope.spans]

    def events(self) -> list[Any]:
        """Of Sentry's envelopes: a header, and for each item a header and a line."""
        bodies = [body.split(b"\n") for path, body in self.taken if path.endswith("/envelope/")]
        items = [
            (json.loads(head), line) for lines in bodies for head, line in zip(lines[1::2], lines[2::2], strict=False)
        ]
        return [json.loads(line) for head, line in items if head["type"] == "event"]


class _Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpack = {"gzip": gzip.decompress, "deflate": zlib.decompress}.get(
            self.headers.get("Content-Encoding", ""), bytes
        )
        self.server.taken.append((self.path, unpack(body)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        return
