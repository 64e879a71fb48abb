"""4: look-ups over HTTP, against a bare view that sends the same bytes from the same gunicorn."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

from c2s_enrich.sealed_cache import forget_everything
from tests.bench import asking
from tests.bench.frame import Figure, Goal, compared, measured, told
from tests.bench.house import House, Web, database
from tests.bench.people import known_phones

LOOK_UP = "/api/v1/contributor/customer?tiers=local&phone="
_COUNT, _TIMES = 64, 2000


def figures(house: House) -> Iterator[Figure]:
    paths = [LOOK_UP + quote(phone.value) for phone in known_phones(database(None), _TIMES)]
    with house.web() as web:
        keep_bytes(house, web)
        warm = [asking.get(path, house.key) for path in paths[:_COUNT]]
        bare = [asking.get("/bare")]
        yield told(
            compared(
                "warm look-up over HTTP",
                lambda: [_rate(web, warm)],
                lambda: [_rate(web, bare)],
                "per second",
                Goal("ratio", least=0.5),
            )
        )
        yield told(measured("warm look-up, one caller", _alone(web, warm), "ms"))
        yield told(
            compared(
                "look-up from the database over HTTP",
                lambda: _cold(web, [asking.get(path, house.key) for path in paths[:_TIMES]]),
                lambda: [_rate(web, bare)],
                "per second",
                Goal("ratio", least=0.3),
            )
        )


def _rate(web: Web, requests: Sequence[bytes], times: int = _TIMES) -> float:
    answered = asking.ask(web.port, requests, times=times)
    assert not answered.refused, f"{answered.refused} of {times} were refused"
    return answered.per_second


def _cold(web: Web, requests: Sequence[bytes]) -> list[float]:
    """Each is asked once after everything was forgotten."""
    forget_everything()
    return [_rate(web, requests, len(requests))]


def _alone(web: Web, requests: Sequence[bytes]) -> list[float]:
    return [s * 1000 for s in asking.ask(web.port, requests, times=500, connections=1).seconds]


def keep_bytes(house: House, web: Web) -> None:
    """What the bare view is to send: an answer of ours."""
    path = LOOK_UP + quote(known_phones(database(None), 1)[0].value)
    asked = Request(f"http://127.0.0.1:{web.port}{path}", headers={"X-API-Key": house.key})
    with urlopen(asked, timeout=10) as answer:
        Path(house.folder, "bare.json").write_bytes(answer.read())
