"""Time-ordered keys: random ones would scatter every insert over an index of millions."""

import os
import threading
import time
import uuid
from datetime import datetime

_lock = threading.Lock()
_last = 0
# ten seconds, in 4096ths of a millisecond
_PUT_BACK = 10_000 * 4096


def uuid7() -> uuid.UUID:
    """RFC 9562 version 7; strictly growing within a process, even inside one millisecond."""
    global _last
    with _lock:
        # 48 bits of milliseconds and 12 of their fraction: one number that may only grow.
        now = time.time_ns() * 4096 // 1_000_000
        # a clock that was put back is believed: else every key would be of the future until the process ends
        stamp = now if _last - now > _PUT_BACK else max(now, _last + 1)
        _last = stamp
    random = int.from_bytes(os.urandom(8), "big") >> 2
    return uuid.UUID(int=(stamp >> 12) << 80 | 7 << 76 | (stamp & 0xFFF) << 64 | 2 << 62 | random)


def uuid7_floor(moment: datetime) -> uuid.UUID:
    """No key made since is smaller: a range of keys is a range of time."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62)
