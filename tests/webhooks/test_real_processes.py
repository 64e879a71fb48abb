"""Two real web processes, a real worker, and a real PostgreSQL that goes away."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from c2s_enrich.backup import backup
from c2s_enrich.embedded.postgres import binaries
from c2s_enrich.embedded.services import start_services
from c2s_enrich.models import Scope, api_key_make
from enrichment.models import Lead, Run, RunState
from enrichment.sandbox import Sandbox
from tests.c2s_enrich.embedded.processes import LONGEST, eventually
from tests.production import ROOT
from tests.web_server import WebServer, database_url, web_server
from tests.webhook_bodies import event
from webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db(transaction=True)

SECRET, GOOGLE_KEY = "the-right-secret", "the-right-key"
# longer than anything here takes: nobody's time is up by chance
WAIT = 100
C2S = "/api/v1/webhooks/c2s"
# a webhook may cost as much as so many views that do nothing
BARE_VIEWS = 12
TICKS = os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[WebServer]:
    folder = tmp_path_factory.mktemp("web")
    settings = {"WEBHOOK_SECRET": SECRET, "GOOGLE_ADS_WEBHOOK_KEY": GOOGLE_KEY, "PROCESS_WAIT_SECONDS": str(WAIT)}
    with web_server(folder, **settings, LOG_LEVEL="WARNING") as server:
        yield server


@contextmanager
def worker(sandbox: Sandbox, folder: Path) -> Iterator[None]:
    addresses = {
        "C2S_BASE_URL": sandbox.c2s_url,
        "DIRETRIX_BASE_URL": sandbox.diretrix_url,
        "WORK_API_BASE_URL": sandbox.work_api_url,
        "C2S_RATE": "0",
        "DB_URL": database_url(),
    }
    with connection.cursor() as cursor:
        # other tests leave jobs behind, for runs that are no more
        cursor.execute("delete from procrastinate_jobs")
    with (folder / "worker.log").open("wb") as log:
        command = [sys.executable, str(ROOT / "manage.py"), "worker"]
        process = subprocess.Popen(command, env=os.environ | addresses, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=LONGEST)


def at_once(port: int, bodies: list[Any], path: str = C2S) -> list[tuple[float, int, dict[str, Any]]]:
    """Each on a connection of its own: seconds, status and answer."""

    async def all_of_them() -> list[tuple[float, int, dict[str, Any]]]:
        together = asyncio.Event()
        sending = [asyncio.create_task(_send(port, path, body, together)) for body in bodies]
        await asyncio.sleep(0.5)
        together.set()
        return await asyncio.gather(*sending)

    return asyncio.run(all_of_them())


async def _send(port: int, path: str, body: Any, together: asyncio.Event) -> tuple[float, int, dict[str, Any]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    content, method = json.dumps(body).encode(), "GET" if body is None else "POST"
    head = f"{method} {path} HTTP/1.0\r\nHost: x\r\nX-Webhook-Token: {SECRET}\r\nConnection: close\r\n"
    await together.wait()
    began = time.perf_counter()
    writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
    answer = await reader.read()
    took = time.perf_counter() - began
    writer.close()
    await writer.wait_closed()
    head_bytes, _, text = answer.partition(b"\r\n\r\n")
    return took, int(head_bytes.split()[1]), json.loads(text)


def test_of_fifty_identical_webhooks_at_once_one_is_processed(web: WebServer) -> None:
    answers = at_once(web.port, [event("the-same")] * 50)
    told = Counter((status, body["processed"], body["duplicates"]) for _, status, body in answers)
    assert told == {(200, 1, 0): 1, (200, 0, 1): 49}
    assert (WebhookEvent.objects.count(), Lead.objects.count(), Run.objects.count()) == (1, 1, 1)


def test_two_hundred_different_webhooks_at_once_are_all_stored_and_cost_little(web: WebServer) -> None:
    """By the clock it is below a second, where nothing else is under way: `make bench` has the figure."""
    costs = []
    for attempt in range(2):
        before = seconds_at_work(web)
        at_once(web.port, [None] * 200, path="/health")
        between = seconds_at_work(web)
        answers = at_once(web.port, [event(f"lead-{attempt}-{n}") for n in range(200)])
        costs.append((seconds_at_work(web) - between, between - before))
        assert {(status, body["processed"]) for _, status, body in answers} == {(200, 1)}
        assert Run.objects.filter(lead__lead_id__startswith=f"lead-{attempt}-").count() == 200
    print(f"200 at once: at work, and for as many of /health, {costs} s")  # noqa: T201  figures to read
    assert min(ours / bare for ours, bare in costs) < BARE_VIEWS


def seconds_at_work(web: WebServer) -> float:
    """Of a processor's time, by all web processes: what a busy machine makes them wait is not in it."""
    told = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in web.workers]
    return sum(int(user) + int(kernel) for *_, user, kernel in (words[:13] for words in told)) / TICKS


def test_events_that_meet_in_two_bodies_are_stored_once(web: WebServer) -> None:
    some = [event(f"lead-{n}") for n in range(100)]
    answers = at_once(web.port, [some, some[::-1], some[50:] + some[:50], some])
    assert {status for _, status, _ in answers} == {200}
    assert sum(body["processed"] for _, _, body in answers) == 100
    assert sum(body["duplicates"] for _, _, body in answers) == 300
    assert (Lead.objects.count(), Run.objects.count()) == (100, 100)


def test_those_who_wait_never_starve_the_webhooks(web: WebServer) -> None:
    _, key = api_key_make(name="make", scopes=[Scope.ENRICH], rate_per_second=0)

    def process(n: int) -> tuple[int, bool, str]:
        status, told = web.ask(f"/api/v1/leads/process?id=lead-{n}", **{"X-API-Key": key})
        return status, told["success"], told["status"]

    with ThreadPoolExecutor(24) as pool:
        calls = [pool.submit(process, n) for n in range(24)]
        # at most half of two processes' eight threads each
        eventually(lambda: sum(not call.done() for call in calls) <= 8)
        answers = at_once(web.port, [event(f"webhook-{n}") for n in range(40)])
        answered = [call for call in calls if call.done()]
        Run.objects.update(state=RunState.COMPLETED)
    assert {(status, body["processed"]) for _, status, body in answers} == {(200, 1)}
    assert 16 <= len(answered) < 24
    assert {call.result() for call in answered} == {(200, True, "queued")}


def test_make_and_google_hear_what_a_real_worker_did(web: WebServer, sandbox: Sandbox, tmp_path: Path) -> None:
    _, key = api_key_make(name="make", scopes=[Scope.ENRICH, Scope.PII], rate_per_second=0)
    sandbox.add_lead(id="lead-1", name="Marina Prado", phone="11987654321", email="marina.prado@example.com")
    with worker(sandbox, tmp_path):
        status, told = web.ask("/api/v1/leads/process?id=lead-1", **{"X-API-Key": key})
        assert (status, told["status"], told["cpfs_processed"]) == (200, "completed", ["52998224725"])
        columns = [{"column_id": "PHONE_NUMBER", "string_value": "11987654321"}]
        form = {"lead_id": "form-1", "google_key": GOOGLE_KEY, "user_column_data": columns}
        status, told = web.ask("/api/v1/webhooks/google-ads", method="POST", body=form)
        # Google waits for two seconds; on a slow machine the CRM has the lead a little later
        assert status in (201, 202), told
        assert eventually(Lead.objects.filter(source="google_ads").exclude(crm_id="").exists)
        told = web.ask("/api/v1/webhooks/google-ads", method="POST", body=form)[1]
    created = sandbox.lead(told["c2s_lead_id"])
    assert created is not None
    assert "CPF: " in created["attributes"]["description"]


def test_without_postgresql_nothing_is_promised_and_soon(tmp_path: Path) -> None:
    body, headers = event("in-an-outage"), {"X-Webhook-Token": SECRET}
    with start_services(tmp_path, with_redis=False, durable=False) as services:
        own = {"DB_URL": str(services.db_url), "WEBHOOK_SECRET": SECRET, "LOG_LEVEL": "WARNING"}
        tables_like_ours(str(services.db_url), tmp_path)
        with web_server(tmp_path, **own, GOOGLE_ADS_WEBHOOK_KEY=GOOGLE_KEY) as server:
            assert eventually(lambda: server.ask(C2S, method="POST", body=event(), **headers)[0] == 200)
            [postgres] = services.children
            postgres.stop(within=5.0)
            for path, sent in (
                (C2S, body),
                ("/api/v1/webhooks/google-ads", {"google_key": GOOGLE_KEY, "lead_id": "x"}),
            ):
                began = time.monotonic()
                status, told, answer_headers = server.ask_in_full(path, method="POST", body=sent, **headers)
                assert (status, told["code"]) == (503, "unavailable")
                assert int(answer_headers["Retry-After"]) > 0
                # two seconds by itself; a request that waits as any other would takes ten
                assert time.monotonic() - began < 8
            postgres.start()
            deadline = time.monotonic() + LONGEST
            while (answer := server.ask(C2S, method="POST", body=[body, event()], **headers))[0] == 503:
                assert time.monotonic() < deadline
            # what was refused then was not stored: the sender's next try is the first
            assert (answer[1]["processed"], answer[1]["duplicates"]) == (1, 1)


def tables_like_ours(address: str, folder: Path) -> None:
    """A tenth of what migrating an empty database costs."""
    backup(folder / "ours.dump")
    restore = [binaries() / "pg_restore", "--no-owner", "--no-acl", "--exit-on-error", "--dbname", address]
    subprocess.run([*restore, folder / "ours.dump"], check=True)
