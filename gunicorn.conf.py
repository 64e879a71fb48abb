"""Read by gunicorn from the folder it is started in, whoever starts it; the command line says the rest."""

import signal
from functools import partial
from typing import Any

from c2s_enrich.handover import handover

# no access log: paths and queries may hold what belongs to nobody's eyes
accesslog = None
logger_class = "c2s_enrich.web_log.WebLog"
# what a proxy says is believed by TRUSTED_PROXIES alone, not because it speaks from this machine
forwarded_allow_ips = ""


def on_reload(server: Any) -> None:
    handover.begin(first=server.worker_age + 1, number=server.cfg.workers)


def post_worker_init(worker: Any) -> None:
    """In each process, after the fork: a thread that the parent had begun would be gone."""
    from django.urls import get_resolver

    from enrichment.alerts.watch import watch_in_background

    signal.signal(signal.SIGTERM, partial(handover.leave, worker))
    # else the first who asks waits until every view is imported
    get_resolver().url_patterns  # noqa: B018
    watch_in_background()
    handover.ready(worker.age)
