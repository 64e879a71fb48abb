"""What the shared counters counted in the last minutes: the difference to what was read then."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from c2s_enrich.counters import are_shared
from c2s_enrich.metrics import PREFIX, Figures
from c2s_enrich.request_times import SLOW
from enrichment.alerts.thresholds import WAIT_ON_PURPOSE
from enrichment.models import AlertReading

_APART = timedelta(minutes=1)
_KEPT = timedelta(minutes=65)
_BY_US = ("cache", "database")

Counts = Counter[str]


@dataclass(frozen=True, slots=True)
class Readings:
    now: datetime
    figures: Figures
    counts: Counts
    earlier: list[tuple[datetime, Counts]]

    def all(self, name: str) -> Iterable[tuple[dict[str, str], float]]:
        return self.figures.get(PREFIX + name, [])

    def sum(self, name: str, **labels: str) -> float:
        return sum(value for told, value in self.all(name) if labels.items() <= told.items())

    def within(self, minutes: int) -> Counts:
        """As far back as anything was read. A counter that fell began anew: Redis was emptied."""
        since = self.now - timedelta(minutes=minutes) - _APART
        before = next((counts for at, counts in self.earlier if at >= since), self.counts)
        return Counter({name: amount - before[name] for name, amount in self.counts.items()})


def read(figures: Figures, now: datetime) -> Readings:
    """Read the counters, and keep what they say for those who come later."""
    counts = _counts(figures)
    if not are_shared():
        return Readings(now, figures, counts, [])
    rows = list(AlertReading.objects.filter(at__gte=now - _KEPT).order_by("-at"))
    earlier: list[tuple[datetime, Counts]] = []
    for row in rows:
        kept = Counter(row.counts)
        if any(amount > counts[name] for name, amount in kept.items()):
            break
        earlier.insert(0, (row.at, kept))
    if not rows or rows[0].at <= now - _APART:
        AlertReading.objects.bulk_create([AlertReading(at=now, counts=dict(counts))], ignore_conflicts=True)
        AlertReading.objects.filter(at__lt=now - _KEPT).delete()
    return Readings(now, figures, counts, earlier)


def _counts(figures: Figures) -> Counts:
    found: Counts = Counter()
    for labels, value in figures.get(f"{PREFIX}http_request_seconds_count", []):
        found["answers"] += int(value)
        found["errors"] += int(value) if labels["status"].startswith("5") else 0
    for labels, value in figures.get(f"{PREFIX}http_request_seconds_bucket", []):
        if labels["route"] not in WAIT_ON_PURPOSE and labels["le"] in (str(SLOW), "+Inf"):
            found["timed" if labels["le"] == "+Inf" else "quick"] += int(value)
    for labels, value in figures.get(f"{PREFIX}answers_total", []):
        found["asked"] += int(value)
        found["known"] += int(value) if labels["tier"] in _BY_US else 0
    found["timeouts"] = int(sum(value for _, value in figures.get(f"{PREFIX}pool_timeouts_total", [])))
    return found
