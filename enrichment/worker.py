"""The worker: the queue's doorbells in as many threads as it may hold, and the small loops beside them."""

import asyncio
import logging
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.conf import settings
from django.db import connection
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params

from c2s_enrich import tracing
from c2s_enrich.disk_full import trouble_told
from c2s_enrich.pool import line_up
from c2s_enrich.privacy import access_log
from enrichment import bells
from enrichment.leases import WORKER, leases_give_back
from enrichment.sweeps import Sweep, sweeps

log = structlog.get_logger(__name__)

# a stop may take 8 s in all: what is under way gets this much of it, and giving back the rest that much
GRACE_SECONDS = 5.0
GIVE_BACK_SECONDS = 1.5
# the database went away and the queue with it: how long until we look again
PAUSE_SECONDS = 1.0


def work(*, concurrency: int) -> None:
    """Until SIGTERM or SIGINT: then what is under way gets its grace, and the rest is handed back."""
    stopping = threading.Event()
    if connection.pool:  # type: ignore[attr-defined]
        line_up(connection.pool)  # type: ignore[attr-defined]
    for sweep in sweeps():
        _loop(sweep, stopping).start()
    bells.answering.set()
    log.info("worker ready", worker=WORKER, slots=concurrency)
    loop = asyncio.new_event_loop()
    # procrastinate runs synchronous tasks in the default executor, which is only cores + 4 wide
    loop.set_default_executor(ThreadPoolExecutor(concurrency, thread_name_prefix="run"))
    loop.run_until_complete(_consume(concurrency))
    stopping.set()
    giving_back = threading.Thread(target=_give_back, daemon=True)
    giving_back.start()
    giving_back.join(GIVE_BACK_SECONDS)
    # an ordinary exit would join the threads of calls still under way: their runs were handed back
    os._exit(0)


def _give_back() -> None:
    leases_give_back()
    access_log.write_out()
    tracing.flush()
    for handler in logging.getLogger().handlers:
        handler.flush()


async def _consume(concurrency: int) -> None:
    told_to_stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, _leave, told_to_stop)
    while not told_to_stop.is_set():
        await _serve(concurrency, told_to_stop)
        if not told_to_stop.is_set():
            await asyncio.sleep(PAUSE_SECONDS)


def _leave(told_to_stop: asyncio.Event) -> None:
    bells.answering.clear()
    told_to_stop.set()


async def _serve(concurrency: int, told_to_stop: asyncio.Event) -> None:
    """Until told to stop, or until the queue breaks off, as it does when the database goes away."""
    worker = asyncio.create_task(_listen(concurrency))
    stop = asyncio.create_task(told_to_stop.wait())
    await asyncio.wait([worker, stop], return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    worker.cancel()
    await asyncio.wait([worker], timeout=GRACE_SECONDS + 0.5)
    if worker.done() and not worker.cancelled() and not told_to_stop.is_set():
        log.error("queue broke off", kind=type(worker.exception()).__name__)


async def _listen(concurrency: int) -> None:
    # an app of its own: what runs in it still rings through Django's connection, inside its transactions
    own: App = app.with_connector(PsycopgConnector(kwargs=connector_params(_alias())))
    async with own.open_async():
        await own.run_worker_async(
            queues=["runs"],
            name=WORKER,
            concurrency=concurrency,
            delete_jobs="always",
            install_signal_handlers=False,
            shutdown_graceful_timeout=GRACE_SECONDS,
        )


def _alias() -> str:
    """Notifications need a session, which a pooler in transaction mode does not give."""
    return "listen" if "listen" in settings.DATABASES else "default"


def _loop(sweep: Sweep, stopping: threading.Event) -> threading.Thread:
    def run() -> None:
        while not stopping.wait(sweep.every):
            try:
                sweep.deed()
            except Exception as error:  # noqa: BLE001  the database may be away: the next turn tries again
                log.warning("sweep failed", sweep=sweep.name, kind=trouble_told(error))
            finally:
                connection.close()

    return threading.Thread(target=run, name=sweep.name, daemon=True)
