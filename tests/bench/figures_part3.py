"""Figures of runs, limits and the worker, each beside its yardstick: `python -m tests.bench.figures_part3`.

It brings its own PostgreSQL, Redis and providers, needs nothing and takes under four minutes.
"""

import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from enrichment.sandbox import Sandbox
    from tests.end_to_end.workers import Workers

UPSTREAM = {"diretrix": 500, "work_api": 2000, "c2s": 100}
CRITICAL_PATH = sum(UPSTREAM.values())
NO_LIMITS = {"DIRETRIX_CONCURRENCY": "0", "WORK_API_CONCURRENCY": "0", "C2S_CONCURRENCY": "0", "C2S_RATE": "0"}
SAMPLES = 9


def main() -> None:
    with house() as (sandbox, workers):
        told("new lead", "ms beyond the critical path", new_lead(sandbox), "at most 100")
        told("cache hit", "ms beyond the CRM's time", cache_hit(sandbox), "at most 50")
        throughput(sandbox, workers)
        slowed_down(sandbox, workers)
        told("SIGTERM with a call of 30 s under way", "s until it left", stop(sandbox, workers), "at most 8")
        told("kill -9", "s until another worker had the run", take_over(sandbox, workers), "at most 60")


@contextmanager
def house() -> Iterator[tuple["Sandbox", "Workers"]]:
    from c2s_enrich.embedded.services import start_services
    from tests.services import VALUES

    with tempfile.TemporaryDirectory(prefix="c2s-bench-") as folder, start_services(Path(folder)) as services:
        os.environ.update(VALUES | NO_LIMITS | {"DATA_DIR": folder, "LOG_LEVEL": "WARNING", "RECONCILE_MINUTES": "0"})
        os.environ.update({"DB_URL": str(services.db_url), "REDIS_URL": str(services.redis_url)})
        os.environ["DJANGO_SETTINGS_MODULE"] = "c2s_enrich.settings"
        with furnished(Path(folder)) as found:
            yield found


@contextmanager
def furnished(folder: Path) -> Iterator[tuple["Sandbox", "Workers"]]:
    """Django can only be imported once its settings are there."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from enrichment.sandbox import Sandbox
    from tests.end_to_end.workers import Workers, environment

    call_command("migrate", verbosity=0)
    with Sandbox() as sandbox:
        urls = (sandbox.c2s_url, sandbox.diretrix_url, sandbox.work_api_url)
        settings.C2S_BASE_URL, settings.DIRETRIX_BASE_URL, settings.WORK_API_BASE_URL = urls
        lease = {"RUN_LEASE_SECONDS": str(settings.RUN_LEASE_SECONDS)}
        workers = Workers(environment(sandbox) | NO_LIMITS | lease, folder)
        try:
            yield sandbox, workers
        finally:
            workers.end()
            connection.close_pool()  # type: ignore[attr-defined]


def new_lead(sandbox: "Sandbox") -> float:
    return statistics.median(run_times(sandbox, "new", first=0, people=SAMPLES + 1)[1:]) - CRITICAL_PATH


def cache_hit(sandbox: "Sandbox") -> float:
    return statistics.median(run_times(sandbox, "again", first=0, people=1)[1:]) - UPSTREAM["c2s"]


def run_times(sandbox: "Sandbox", name: str, *, first: int, people: int) -> list[float]:
    """The first one also opens the connections."""
    from enrichment.models import Run
    from enrichment.pipeline import run_perform
    from tests.end_to_end.workers import crowd

    slow_down(sandbox)
    ids = crowd(sandbox, SAMPLES + 1, name=name, first=first, people=people)
    times = []
    for run in Run.objects.filter(lead__lead_id__in=ids).order_by("id"):
        began = time.perf_counter()
        run_perform(run.pk)
        times.append((time.perf_counter() - began) * 1000)
    return times


def throughput(sandbox: "Sandbox", workers: "Workers") -> None:
    leads, slots = 240, 40
    seconds = carried(sandbox, workers, "many", leads, slots=slots, first=1000)
    ideal = slots / (CRITICAL_PATH / 1000)
    told(f"{slots} slots, 5 connections", "leads a second", leads / seconds, f"at least 90 % of {ideal:.1f}")
    told(f"{slots} slots, 5 connections", "% of the ideal", 100 * leads / seconds / ideal, "at least 90")


def slowed_down(sandbox: "Sandbox", workers: "Workers") -> None:
    leads, above = 100, 8
    seconds = carried(sandbox, workers, "slowed", leads, slots=40, first=2000, max_concurrency=above)
    ideal = leads * UPSTREAM["work_api"] / 1000 / above
    told("Work API answers 429 above 8 in flight", "s for 100 leads", seconds, f"at most 3 x {ideal:.0f}")
    told("Work API answers 429 above 8 in flight", "leads lost", lost("slowed"), "none")


def carried(
    sandbox: "Sandbox", workers: "Workers", name: str, leads: int, *, slots: int, first: int, **faults: int
) -> float:
    """Seconds from the first claim to the last end, by the database's clock."""
    from django.db.models import Max, Min

    from enrichment.models import RunStep
    from tests.end_to_end.workers import crowd

    slow_down(sandbox)
    sandbox.faults.set("work_api", **faults)
    ids = crowd(sandbox, leads, name=name, first=first)
    worker = workers.start(slots=slots, DB_POOL_SIZE="5")
    workers.wait_until_all_ended(120)
    workers.kill(worker)
    sandbox.configure({"reset": True})
    runs = RunStep.objects.filter(run__lead__lead_id__in=ids)
    span = runs.aggregate(began=Min("run__started_at"), ended=Max("run__finished_at"))
    return float((span["ended"] - span["began"]).total_seconds())


def lost(name: str) -> int:
    from enrichment.models import Run, RunState

    return Run.objects.filter(lead__lead_id__startswith=name).exclude(state=RunState.COMPLETED).count()


def stop(sandbox: "Sandbox", workers: "Workers") -> float:
    worker = busy_worker(sandbox, workers, "stopped", 3000)
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    worker.wait(30)
    return time.monotonic() - began


def take_over(sandbox: "Sandbox", workers: "Workers") -> float:
    from enrichment.models import Run

    worker = busy_worker(sandbox, workers, "killed", 4000)
    before = Run.objects.get(lead__lead_id="killed-0")
    workers.start()
    began = time.monotonic()
    workers.kill(worker)
    taken = Run.objects.filter(pk=before.pk, state="running").exclude(lease_owner=before.lease_owner)
    workers.wait(taken.exists, 90)
    return time.monotonic() - began


def busy_worker(sandbox: "Sandbox", workers: "Workers", name: str, first: int):  # type: ignore[no-untyped-def]  # noqa: ANN201
    from tests.end_to_end.workers import crowd, in_flight

    sandbox.faults.set("work_api", latency_ms=30_000)
    before = in_flight(sandbox, "work_api")
    crowd(sandbox, 1, name=name, first=first)
    worker = workers.start()
    workers.wait(lambda: in_flight(sandbox, "work_api") > before)
    return worker


def slow_down(sandbox: "Sandbox") -> None:
    sandbox.configure({provider: {"latency_ms": ms} for provider, ms in UPSTREAM.items()})


def told(what: str, unit: str, figure: float, yardstick: str) -> None:
    sys.stdout.write(f"{what:42} {figure:8.1f}  {unit:36} {yardstick}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
