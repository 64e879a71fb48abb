"""Every process watches, web and worker: whoever has come to an end is told of by the others."""

import threading
import time
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from c2s_enrich.metrics import figures
from c2s_enrich.pool import timeouts_count
from enrichment.alerts.judging import judge
from enrichment.alerts.readings import read
from enrichment.alerts.sending import notices_send
from enrichment.models import AlertNews, AlertNotice, Watermark

log = structlog.get_logger(__name__)

WATERMARK = "alerts"
_KEPT = timedelta(days=30)


def alerts_watch() -> int:
    """Judge and tell, unless another process did so just now; how many notices left."""
    timeouts_count()
    if not _our_turn():
        return 0
    found = figures()
    if found is not None:
        judge(read(found, timezone.now()))
    old = timezone.now() - _KEPT
    AlertNotice.objects.filter(created_at__lt=old).delete()
    AlertNews.objects.filter(created_at__lt=old, told_at__lt=old).delete()
    return notices_send()


def _our_turn() -> bool:
    Watermark.objects.bulk_create([Watermark(name=WATERMARK)], ignore_conflicts=True)
    # a little less than between two looks of one process, so that one alone is not kept waiting by itself
    before = Now() - timedelta(seconds=0.8 * settings.ALERT_LOOK_SECONDS)
    free = Watermark.objects.filter(Q(last_began=None) | Q(last_began__lte=before), name=WATERMARK)
    return bool(free.update(last_began=Now()))


def watch_in_background() -> None:
    """In a web process: the worker does it among its sweeps."""
    threading.Thread(target=_watch, name=WATERMARK, daemon=True).start()


def _watch() -> None:
    while True:
        time.sleep(settings.ALERT_LOOK_SECONDS)
        try:
            alerts_watch()
        except Exception as error:  # noqa: BLE001  the database may be away: the next turn tries again
            log.warning("alerts not looked at", kind=type(error).__name__)
        finally:
            connection.close()
