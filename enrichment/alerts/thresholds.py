"""From where on something is told. `docs/monitoring/alerts.yml` says the same to Prometheus; a test compares them."""

from dataclasses import dataclass
from datetime import timedelta

from enrichment.models import AlertKind


@dataclass(frozen=True, slots=True)
class Threshold:
    """`limit` of a figure over `minutes`, if it counted `least` at all; told once it has been so for `lasting`."""

    rule: str
    limit: float
    minutes: int = 0
    least: int = 0
    lasting: timedelta = timedelta(0)


THRESHOLDS = {
    AlertKind.WORKER_SILENT: Threshold("WorkerSilent", 0, lasting=timedelta(minutes=1)),
    AlertKind.QUEUE_GROWING: Threshold("QueueGrowing", 600, least=100, lasting=timedelta(minutes=5)),
    AlertKind.BREAKER_OPEN: Threshold("BreakerOpen", 1, lasting=timedelta(minutes=1)),
    AlertKind.MANY_ERRORS: Threshold("ManyErrors", 0.5, minutes=10, least=20, lasting=timedelta(minutes=1)),
    AlertKind.SLOW_ANSWERS: Threshold("SlowAnswers", 2, minutes=10, least=20, lasting=timedelta(minutes=5)),
    AlertKind.FEW_HITS: Threshold("FewHits", 0.6, minutes=60, least=50, lasting=timedelta(minutes=15)),
    AlertKind.REDIS_FULL: Threshold("RedisFull", 0.8, lasting=timedelta(minutes=10)),
    AlertKind.CONNECTIONS_USED_UP: Threshold("ConnectionsUsedUp", 0.9, minutes=5, lasting=timedelta(minutes=1)),
    AlertKind.BUDGET_NEARLY_SPENT: Threshold("BudgetNearlySpent", 0.8),
    AlertKind.BUDGET_SPENT: Threshold("BudgetSpent", 1),
    AlertKind.LEAD_GAVE_UP: Threshold("LeadGaveUp", 0),
}
# those of a whole are told as such: one slow answer in twenty
SLOW_SHARE = 0.05
# routes that keep the caller waiting for an enrichment on purpose
WAIT_ON_PURPOSE = frozenset(
    {"leads-process", "enrich", "c2s-enrich", "leads", "work-module", "contributor-customer", "lookup"}
)
