"""Bodies as nobody should send them: random bytes, and good ones with something broken in them."""

import json
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

JUNK: list[Any] = [
    None, True, -1, 0, 1e308, 10**30, "", " ", "\x00", "\ud83d", "​", "null", "'; drop table leads; --", [], {}, [[]],
    "x" * 5000, "52998224725", "+55 11 98765-4321", "a@b", {"id": {"id": 1}}, [None] * 50, "2025-13-45T99:99:99Z",
]  # fmt: skip
TYPES = ["application/json", "application/json; charset=latin-1", "text/plain", "", "multipart/form-data; boundary=x"]
_PIECES = [
    b"{}",
    b"[]",
    b'{"a":',
    b"[[",
    b"\\ud800",
    b"\x00",
    b"\xff\xfe",
    b"1e999",
    b"NaN",
    b'"id":1,"id":2,',
    b"\xef\xbb\xbf",
]


def mangled(good: Any, random: Random) -> bytes:
    """A body made of a good one."""
    return random.choice(_WAYS)(good, random)


def _noise(_: Any, random: Random) -> bytes:
    return random.randbytes(random.randrange(200))


def _deep(_: Any, random: Random) -> bytes:
    opening, closing = random.choice([(b"[", b"]"), (b'{"data":', b"}"), (b'{"attributes":', b"}")])
    levels = random.choice([50, 101, 3000])
    return opening * levels + b"1" + closing * random.choice([levels, 0])


def _bytes_changed(good: Any, random: Random) -> bytes:
    raw = bytearray(json.dumps(good).encode())
    for _ in range(random.randrange(1, 6)):
        at = random.randrange(len(raw) + 1)
        raw[at : at + random.randrange(4)] = random.choice([random.randbytes(1), random.choice(_PIECES)])
    return bytes(raw)


def _cut(good: Any, random: Random) -> bytes:
    raw = json.dumps(good).encode()
    return raw[: random.randrange(len(raw))]


def _values_changed(good: Any, random: Random) -> bytes:
    body = [deepcopy(good)]
    for _ in range(random.randrange(1, 4)):
        places = list(_places(body))
        holder, key = random.choice(places)
        if isinstance(holder, dict) and random.random() < 0.2:
            holder[str(random.choice(JUNK))] = holder.pop(key)
        else:
            holder[key] = deepcopy(random.choice(JUNK))
    return json.dumps(body[0]).encode()


def _places(value: Any) -> list[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


_WAYS: list[Callable[[Any, Random], bytes]] = [_noise, _deep, _bytes_changed, _cut, *[_values_changed] * 6]
