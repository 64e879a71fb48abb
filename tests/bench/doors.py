"""How fast the doors are, each beside a view that does nothing: `python -m tests.bench.doors`.

It brings its own PostgreSQL and Redis and needs `wrk` (Debian's package of that name). Under two minutes. Every round
asks the bare view and each door in turn, so that whatever else the machine does slows all of them alike.
"""

import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROUNDS, SECONDS, CONNECTIONS = 3, 5, 16
PROCESSES, THREADS = 2, 8
SECRET, PHONE = "made-up-webhook-secret", "11987654321"
# each event is another lead
EVENTS = """
local number, mine = 0, 0
function setup(thread) mine = mine + 1; thread:set("id", mine .. "-" .. os.time()) end
function request()
  number = number + 1
  local body = string.gsub(EVENT, "LEAD", id .. "-" .. number)
  return wrk.format("POST", "/api/v1/webhooks/c2s", {["X-Webhook-Token"] = TOKEN}, body)
end
"""


@dataclass(frozen=True)
class Door:
    name: str
    url: str
    key: str = ""
    script: Path | None = None


def main() -> None:
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed here: apt-get install wrk")
    with house() as folder, serving("tests.bench.doors:bare()") as bare, serving("c2s_enrich.wsgi") as site:
        doors = [Door("bare Django view", f"{bare}/"), *all_doors(site, folder)]
        rates: dict[str, list[float]] = {door.name: [] for door in doors}
        for _ in range(ROUNDS):
            for door in doors:
                rates[door.name].append(rate(door))
        told(rates)
        counting()


def bare() -> Callable[..., Any]:
    """Django with one view and nothing around it, for a gunicorn of its own."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.urls import path

    view = path("", lambda _: HttpResponse(b"{}", content_type="application/json"))
    settings.configure(SECRET_KEY="made-up", ALLOWED_HOSTS=["*"], MIDDLEWARE=[], ROOT_URLCONF=(view,))
    os.environ.pop("DJANGO_SETTINGS_MODULE")
    return get_wsgi_application()


def all_doors(site: str, folder: Path) -> list[Door]:
    from c2s_enrich.models import Scope, api_key_make
    from tests.enrichment.api.people import marina
    from tests.webhook_bodies import event

    party = marina()
    key = api_key_make(name="bench", scopes=[Scope.LOOKUP, Scope.PII], rate_per_second=0)[1]
    script = folder / "events.lua"
    script.write_text(f"EVENT = {json.dumps(json.dumps(event('LEAD')))}\nTOKEN = '{SECRET}'\n{EVENTS}")
    return [
        Door("/health", f"{site}/health"),
        Door("warm look-up by phone", f"{site}/api/v1/contributor/customer?phone={PHONE}", key),
        Door("database look-up", f"{site}/api/v1/customers/{party.pk}", key),
        Door("webhook accepted", f"{site}/api/v1/webhooks/c2s", script=script),
    ]


def rate(door: Door) -> float:
    """Answers a second; each must be a 2xx."""
    more = ["-H", f"X-API-Key: {door.key}"] if door.key else []
    more += ["-s", str(door.script)] if door.script else []
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *more, door.url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said:
        sys.exit(f"{door.name} refused:\n{said}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found
    return float(found[1])


def told(rates: dict[str, list[float]]) -> None:
    beside = next(iter(rates.values()))
    for name, found in rates.items():
        ratio = statistics.median(one / other for one, other in zip(found, beside, strict=True))
        each = ", ".join(f"{one:.0f}" for one in found)
        print(f"{name:<24} {statistics.median(found):7.0f}/s  {ratio:5.2f} of the bare view  ({each})")  # noqa: T201  figures to read


def counting() -> None:
    """What of a warm look-up's time goes into counting: the calls it makes, timed by themselves."""
    from django.test import Client

    from c2s_enrich import counters
    from c2s_enrich.models import Scope, api_key_make

    headers = {"X-API-Key": api_key_make(name="bench", scopes=[Scope.LOOKUP], rate_per_second=0)[1]}
    client, address = Client(), f"/api/v1/contributor/customer?phone={PHONE}"

    def ask() -> Any:
        return client.get(address, headers=headers)

    assert ask().status_code == ask().status_code == 200
    add, made = counters._tally.add, list[str]()
    counters._tally.add = lambda name, times: made.append(name)  # type: ignore[method-assign]
    ask()
    counters._tally.add = add  # type: ignore[method-assign]

    def count() -> None:
        for name in made:
            counters.count(name)

    whole, part = least(ask, 500), least(count, 5000)
    share = part / whole
    figures = f"{part * 1e6:.1f} µs of {whole * 1e6:.0f} µs: {share:.2%} of a warm look-up"
    print(f"counting: {len(made)} counts, {figures}")  # noqa: T201  figures to read


def least(deed: Callable[[], Any], times: int) -> float:
    """Seconds for one, undisturbed: the best of five goes."""

    def go() -> float:
        began = time.perf_counter()
        for _ in range(times):
            deed()
        return (time.perf_counter() - began) / times

    return min(go() for _ in range(5))


@contextmanager
def house() -> Iterator[Path]:
    """PostgreSQL, Redis and Django's settings; no worker, and nobody to ask."""
    from c2s_enrich.embedded.services import start_services
    from tests.services import VALUES

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="c2s-bench-")))
        (folder / "static").mkdir()
        services = stack.enter_context(start_services(folder))
        os.environ.update(VALUES | {"DATA_DIR": str(folder), "LOG_LEVEL": "ERROR", "WEBHOOK_SECRET": SECRET})
        os.environ.update({"DB_URL": str(services.db_url), "REDIS_URL": str(services.redis_url)})
        os.environ["DJANGO_SETTINGS_MODULE"] = "c2s_enrich.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield folder


@contextmanager
def serving(application: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    shape = f"--worker-class gthread --workers {PROCESSES} --threads {THREADS} --no-control-socket --log-level error"
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", *shape.split()]
    process = subprocess.Popen(command)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=15)


def wait_for(port: int) -> None:
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as asked:
                asked.sendall(b"GET /health HTTP/1.0\r\n\r\n")
                if asked.recv(20).startswith(b"HTTP/1."):
                    return
        except OSError:
            time.sleep(0.2)
    sys.exit("a web server did not start")


if __name__ == "__main__":
    main()
