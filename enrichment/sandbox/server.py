import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any

from enrichment.sandbox import routing
from enrichment.sandbox.connection import Connection
from enrichment.sandbox.control.delivery import deliver, label, stand_in, stays_under_way
from enrichment.sandbox.control.desk import Desk
from enrichment.sandbox.control.faults import Faults, Plan
from enrichment.sandbox.control.settings import settings_apply
from enrichment.sandbox.control.stats import Stats
from enrichment.sandbox.crm import Lead, Message
from enrichment.sandbox.demo import demo_fill
from enrichment.sandbox.exchange import Answer, Refusal, Request, json_answer
from enrichment.sandbox.leads import lead_add
from enrichment.sandbox.person import Person
from enrichment.sandbox.world import Call, Handler, World

POLL_SECONDS = 0.05


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], sandbox: "Sandbox") -> None:
        self.sandbox = sandbox
        self.stopping = Event()
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        super().__init__(address, Connection)

    def server_bind(self) -> None:
        # The parent asks the name service for our own name, which can take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def respond(self, request: Request, wire: Connection) -> None:
        self.sandbox.respond(request, wire)

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
        if self.stopping.is_set():
            self.hang_up()

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def hang_up(self) -> None:
        self.stopping.set()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class Sandbox:
    """`with Sandbox() as sandbox:` listens on a free loopback port until the block ends."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.world = World()
        self.faults = Faults(routing.OPERATIONS)
        self._stats = Stats(tuple(routing.OPERATIONS))
        self._desk = Desk(self.world, self.faults, self._stats)
        demo_fill(self.world)
        self._listener = Listener((host, port), self)
        self._thread = Thread(target=self._listener.serve_forever, args=(POLL_SECONDS,), daemon=True)
        self.base_url = f"http://{host}:{self._listener.server_address[1]}"
        self.c2s_url = f"{self.base_url}/c2s"
        self.diretrix_url = f"{self.base_url}/diretrix"
        self.work_api_url = f"{self.base_url}/work"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._listener.hang_up()
        if self._thread.is_alive():
            # it wakes whoever listens, who else notices at the next look
            with suppress(OSError):
                self._listener.socket.shutdown(socket.SHUT_RDWR)
            self._listener.shutdown()
            self._thread.join()
        self._listener.server_close()

    def __enter__(self) -> "Sandbox":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def configure(self, settings: Mapping[str, Any]) -> None:
        """The same body as POST /_control."""
        settings_apply(self.world, self.faults, self._stats, settings)

    def reset(self) -> None:
        """Back to the start: no faults, no counts, the demo's people and leads."""
        self.configure({"reset": True})
        self.world.people.clear()
        self.world.crm.clear()
        demo_fill(self.world)

    def stats(self) -> dict[str, Any]:
        return self._stats.show()

    def calls(self, provider: str, operation: str = "", identifier: str = "") -> int:
        return self._stats.calls(provider, operation, identifier)

    def messages(self, lead_id: str | None = None) -> list[Message]:
        return self.world.crm.messages(lead_id)

    def lead(self, lead_id: str) -> Lead | None:
        return self.world.crm.get(lead_id)

    def add_person(self, **fields: Any) -> Person:
        return self.world.people.add(**fields)

    def add_lead(self, **fields: Any) -> Lead:
        return lead_add(self.world, **fields)

    def people_of(self, *, phone: str = "", email: str = "") -> list[Person]:
        return self.world.people.by_phone(phone) if phone else self.world.people.by_email(email)

    def respond(self, request: Request, wire: Connection) -> None:
        found = routing.find(request)
        if found:
            self._play(request, wire, *found)
        else:
            wire.send(_answer_of(lambda: self._desk.answer(request)))

    def _play(self, request: Request, wire: Connection, call: Call, handler: Handler) -> None:
        ticket = self._stats.start(call)
        plan = self.faults.plan(call.provider, call.operation)
        answer, status, mode = None, "cut", plan.mode
        try:
            if not wire.pause(plan.seconds):
                answer = self._answer(request, call, handler, plan)
                status = label(answer, mode)
            if answer and stays_under_way(mode):
                deliver(wire, answer, mode)
        finally:
            # Before a plain answer leaves: its reader may call again at once.
            self.faults.leave(plan)
            self._stats.finish(ticket, status)
        if answer is None:
            wire.cut()
        elif not stays_under_way(mode):
            deliver(wire, answer, mode)

    def _answer(self, request: Request, call: Call, handler: Handler, plan: Plan) -> Answer:
        if not plan.mode.does_the_deed:
            return stand_in(plan.mode)
        return _answer_of(lambda: handler(self.world, request, call))


def _answer_of(deed: Callable[[], Answer]) -> Answer:
    try:
        return deed()
    except Refusal as refusal:
        return json_answer({"error": str(refusal)}, refusal.status)
    except (AttributeError, TypeError, ValueError):
        return json_answer({"error": "A value in the request is of the wrong kind."}, 400)
