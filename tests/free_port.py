"""A port that a server may take a moment later."""

import random
import socket

# below those the system gives to whoever connects somewhere: none of them is taken in between
_PORTS = range(20_000, 32_000)


def free_port(*, neighbours: int = 0) -> int:
    """With as many free ones right behind it."""
    while True:
        port = random.SystemRandom().choice(_PORTS)
        if all(_is_free(port + n) for n in range(neighbours + 1)):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
