"""Read by gunicorn from the folder it is started in, whoever starts it; the command line says the rest."""

from typing import Any

# no access log: paths and queries may hold what belongs to nobody's eyes
accesslog = None
logger_class = "c2s_enrich.web_log.WebLog"
# what a proxy says is believed by TRUSTED_PROXIES alone, not because it speaks from this machine
forwarded_allow_ips = ""


def post_worker_init(worker: Any) -> None:
    """In each process, after the fork: a thread that the parent had begun would be gone."""
    from enrichment.alerts.watch import watch_in_background

    watch_in_background()
