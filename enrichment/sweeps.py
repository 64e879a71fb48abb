"""The small loops beside the worker; each does a little, and doing it twice does no harm."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from c2s_enrich.privacy.retention import retention_if_due
from enrichment.alerts.watch import alerts_watch
from enrichment.analytics.refreshing import views_refresh_if_due
from enrichment.batches import batches_ring_due
from enrichment.bulk.checking import checks_ring_due
from enrichment.bulk.importing import imports_ring_due
from enrichment.crm_leads import creations_do_due
from enrichment.leases import leases_renew, runs_take_over
from enrichment.models import Lead, Run, Trigger
from enrichment.providers.budgets import runs_release
from enrichment.providers.gate import slots_expire
from enrichment.reconcile import reconcile_if_due
from enrichment.rollup import figures_roll_up
from enrichment.runs import BULK, runs_ring_due, runs_start
from parties.requests.deeds import erasures_go_on

_JOBS_AT_ONCE = 1000
_REFRESHES_AT_ONCE = 20

# A job is only a doorbell: one that is done, or whose worker died, has nothing left to say.
_TIDY = """
delete from procrastinate_jobs where id in (
  select j.id from procrastinate_jobs j
  left join procrastinate_workers w on w.id = j.worker_id
  where j.status in ('succeeded', 'failed', 'cancelled', 'aborted')
     or j.status = 'doing' and (w.id is null or w.last_heartbeat < now() - interval '1 minute')
  limit %s for update of j skip locked)
"""


@dataclass(frozen=True, slots=True)
class Sweep:
    name: str
    every: float
    deed: Callable[[], int]


def sweeps() -> list[Sweep]:
    return [
        Sweep("ring", 1.0, runs_ring_due),
        Sweep("leases", settings.RUN_LEASE_SECONDS / 4, leases_renew),
        Sweep("take over", settings.RUN_LEASE_SECONDS / 2, runs_take_over),
        Sweep("batches", 1.0, batches_ring_due),
        Sweep("imports", 5.0, imports_ring_due),
        Sweep("import checks", 5.0, checks_ring_due),
        Sweep("crm leads", 1.0, creations_do_due),
        Sweep("slots", 10.0, slots_expire),
        Sweep("budgets", 30.0, runs_release),
        Sweep("jobs", 60.0, jobs_tidy),
        Sweep("reconcile", 30.0, reconcile_if_due),
        Sweep("refresh", 300.0, stale_refresh),
        Sweep("figures", 10.0, figures_roll_up),
        Sweep("analytics", 20.0, views_refresh_if_due),
        Sweep("alerts", settings.ALERT_LOOK_SECONDS, alerts_watch),
        Sweep("erasures", 5.0, erasures_go_on),
        Sweep("retention", 60.0, retention_if_due),
    ]


def jobs_tidy() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_TIDY, [_JOBS_AT_ONCE])
        return cursor.rowcount


@transaction.atomic
def stale_refresh() -> int:
    """People of whom old data was shown today: who is looked up now may be bought anew, and nobody else."""
    today = Now() - timedelta(days=1)
    old = Now() - timedelta(days=settings.REFRESH_AFTER_DAYS)
    runs = Run.objects.filter(lead=OuterRef("pk"), created_at__gt=today)
    stale = Lead.objects.filter(received_at__gt=today, party__enriched_at__lt=old)
    leads = stale.filter(Exists(runs.exclude(trigger=Trigger.REFRESH)), ~Exists(runs.filter(trigger=Trigger.REFRESH)))
    locked = leads.select_for_update(of=("self",), skip_locked=True).order_by("-received_at", "-id")
    return len(runs_start(leads=locked[:_REFRESHES_AT_ONCE], trigger=Trigger.REFRESH, priority=BULK))
