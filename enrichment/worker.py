"""The worker: the queue's doorbells in as many threads as it may hold, and the small loops beside them."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.db import connection
from procrastinate.contrib.django import app

from enrichment.runs import WORKER, leases_give_back, leases_renew, runs_ring_due, runs_take_over

log = structlog.get_logger(__name__)

GRACE_SECONDS = 5.0


def work(*, concurrency: int) -> None:
    """Until SIGTERM or SIGINT: then what is under way gets its grace, and the rest is handed back."""
    stopping = threading.Event()
    loops = [
        _loop("ring", 1.0, runs_ring_due, stopping),
        _loop("leases", 5.0, leases_renew, stopping),
        _loop("take over", 10.0, runs_take_over, stopping),
    ]
    for loop in loops:
        loop.start()
    log.info("worker ready", worker=WORKER, slots=concurrency)
    asyncio.run(_consume(concurrency))
    stopping.set()
    leases_give_back()
    # threads of calls still under way would be joined at exit: their runs were handed back above
    os._exit(0)


async def _consume(concurrency: int) -> None:
    loop = asyncio.get_running_loop()
    # procrastinate runs synchronous tasks in the default executor, which is only cores + 4 wide
    loop.set_default_executor(ThreadPoolExecutor(concurrency, thread_name_prefix="run"))
    # an app of its own: what runs in it still rings through Django's connection, inside its transactions
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        worker = asyncio.create_task(
            worker_app.run_worker_async(
                queues=["runs"],
                name=WORKER,
                concurrency=concurrency,
                delete_jobs="always",
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE_SECONDS,
            )
        )
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, worker.cancel)
        await asyncio.wait([worker])
        _tell_why(worker)


def _tell_why(worker: "asyncio.Task[None]") -> None:
    if not worker.cancelled() and (error := worker.exception()) is not None:
        log.error("worker broke", kind=type(error).__name__)


def _loop(name: str, every: float, deed: Callable[[], int], stopping: threading.Event) -> threading.Thread:
    def run() -> None:
        while not stopping.wait(every):
            started = time.monotonic()
            try:
                done = deed()
                if done and name == "take over":
                    log.warning("runs taken over", runs=done)
            except Exception as error:  # noqa: BLE001  the database may be away: the next turn tries again
                log.warning("loop failed", loop=name, kind=type(error).__name__)
            finally:
                connection.close()
            log.debug("loop", loop=name, ms=round((time.monotonic() - started) * 1000))

    return threading.Thread(target=run, name=name, daemon=True)
