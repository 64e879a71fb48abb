"""4 and 5: what one answer costs the web servers' processor, beside the bare view's."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from urllib.parse import quote

from c2s_enrich.sealed_cache import forget_everything
from tests.bench import asking
from tests.bench.accept import undo
from tests.bench.frame import Figure, Goal, compared, told
from tests.bench.house import House, Web, database
from tests.bench.people import known_ids, known_phones
from tests.bench.web import LOOK_UP, keep_bytes
from tests.services import VALUES
from tests.webhook_bodies import event

_TIMES = 1000
_TICK = os.sysconf("SC_CLK_TCK")
_SECRET = f"X-Webhook-Token: {VALUES['WEBHOOK_SECRET']}"
_numbers = count()
Requests = Callable[[], Sequence[bytes]]


def figures(house: House) -> Iterator[Figure]:
    phones = [asking.get(LOOK_UP + quote(phone.value), house.key) for phone in known_phones(database(None), _TIMES)]
    parties = [asking.get(f"/api/v1/customers/{pk}", house.key) for pk in known_ids(database(None), _TIMES)]

    def forgotten() -> Sequence[bytes]:
        forget_everything()
        return phones

    with house.web() as web:
        keep_bytes(house, web)
        yield _beside_bare(web, "warm look-up", lambda: phones[:64], Goal("ratio", most=2))
        yield _beside_bare(web, "warm look-up, bare view behind its layer", lambda: phones[:64], bare="/api/v1/bare")
        yield _beside_bare(web, "customer by id", lambda: parties, Goal("ratio", most=3.3))
        yield _beside_bare(web, "look-up past the cache", forgotten, Goal("ratio", most=3.3))
        yield _beside_bare(web, "webhook", _webhooks)
    undo()


def _beside_bare(web: Web, name: str, requests: Requests, goal: Goal | None = None, bare: str = "/bare") -> Figure:
    asked = [asking.get(bare)]
    ours, theirs = lambda: [_cost(web, requests())], lambda: [_cost(web, asked)]
    return told(compared(f"processor for one answer: {name}", ours, theirs, "µs", goal))


def _cost(web: Web, requests: Sequence[bytes]) -> float:
    """Microseconds of processor for one, in all of the web server's processes."""
    before = _processor(web.pids)
    answered = asking.ask(web.port, requests, times=_TIMES)
    assert not answered.refused, f"{answered.refused} of {_TIMES} were refused"
    return (_processor(web.pids) - before) / _TIMES * 1e6


def _processor(pids: Sequence[int]) -> float:
    """Seconds, in user and system mode."""
    stats = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids)
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / _TICK


def _webhooks() -> list[bytes]:
    bodies = (json.dumps(event(f"bench-{os.getpid()}-{next(_numbers)}")).encode() for _ in range(_TIMES))
    return [asking.post("/api/v1/webhooks/c2s", body, _SECRET) for body in bodies]
