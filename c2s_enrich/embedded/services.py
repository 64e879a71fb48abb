"""The embedded PostgreSQL and Redis together, for `make run` and for the tests."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from c2s_enrich.embedded import postgres, redis_server
from c2s_enrich.embedded.child import Child
from c2s_enrich.embedded.privileges import Account, account_for
from c2s_enrich.embedded.sockets import socket_folder


@dataclass
class Services:
    """What runs, in the order of its start. A context manager that stops it."""

    data_dir: Path
    db_url: str | None = None
    redis_url: str | None = None
    children: list[Child] = field(default_factory=list)
    sockets: Path | None = None

    def stop(self) -> None:
        for child in reversed(self.children):
            child.stop(within=5.0)
        self.tidy()

    def tidy(self) -> None:
        if self.sockets and self.data_dir not in self.sockets.parents:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_services(
    data_dir: Path, *, with_postgres: bool = True, with_redis: bool = True, durable: bool = True
) -> Services:
    """Call it from the main thread. `durable=False` is for tests: faster, and lost with the machine."""
    data_dir = data_dir.resolve()
    (data_dir / "log").mkdir(parents=True, exist_ok=True)
    services = Services(data_dir)
    try:
        if with_postgres:
            _start_postgres(services, durable=durable)
        if with_redis:
            _start_redis(services)
    except BaseException:
        services.stop()
        raise
    return services


def _sockets(services: Services, account: Account) -> Path:
    services.sockets = services.sockets or socket_folder(services.data_dir, account)
    return services.sockets


def _start_postgres(services: Services, *, durable: bool) -> None:
    account = account_for(services.data_dir, postgres.binaries() / "postgres")
    server = postgres.PostgresServer(services.data_dir, _sockets(services, account), account, durable)
    server.prepare()
    child = server.child()
    services.children.append(child)
    child.start()
    server.wait_until_ready(child)
    services.db_url = server.url


def _start_redis(services: Services) -> None:
    """Without a Redis the service has its in-process cache, so a Redis that will not start is no failure."""
    program = redis_server.binary()
    if program is None:
        return
    account = account_for(services.data_dir, program)
    server = redis_server.RedisServer(program, services.data_dir, _sockets(services, account), account)
    child = server.child()
    child.start()
    if server.wait_until_ready(child):
        services.children.append(child)
        services.redis_url = server.url
    else:
        child.kill()
