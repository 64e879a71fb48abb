"""A database that is elsewhere, while the one of the tests is there."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def led_to(port: int) -> Iterator[Any]:
    """A connection whose pool of its own leads to that port of ours."""
    lost = connection.copy()
    lost._connection_pools = {}  # type: ignore[attr-defined]
    lost.settings_dict = lost.settings_dict | {"HOST": "127.0.0.1", "PORT": port}
    lost.settings_dict["OPTIONS"] = {k: v for k, v in lost.settings_dict["OPTIONS"].items() if k != "host"}
    yield lost
    lost.close_pool()  # type: ignore[attr-defined]


@contextmanager
def silence() -> Iterator[int]:
    """The port of a server that lets everybody in and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(50)
        yield listening.getsockname()[1]
