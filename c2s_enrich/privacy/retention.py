"""How long what is kept: each room gives its rules, and every night lets go of what is too old, a little at a time."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from c2s_enrich.ids import uuid7_floor
from c2s_enrich.privacy.models import RetentionNight

log = structlog.get_logger(__name__)

# how many rows one short transaction takes, and how long one turn may go on before others have theirs
AT_ONCE = 500
TURN_SECONDS = 20.0
_LEASE = timedelta(minutes=5)


def rows_drop(rows: QuerySet[Any]) -> int:
    rows.delete()
    return 0


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of `model` older than the setting says. Age is told by `moment`, or by keys that grow with time."""

    name: str
    what: Any
    model: type[Model]
    moment: str = ""
    only: Callable[[], Q] = Q
    drop: Callable[[QuerySet[Any]], object] = rows_drop

    @property
    def key(self) -> str:
        return self.model._meta.db_table

    @property
    def setting(self) -> str:
        return f"RETENTION_{self.name.upper()}"

    @property
    def days(self) -> int:
        days: int = getattr(settings, self.setting)
        return days

    def due(self, now: datetime | None = None) -> QuerySet[Any]:
        """The oldest first."""
        rows = self.model._base_manager.all()
        if not self.days:
            return rows.none()
        before = (now or timezone.now()) - timedelta(days=self.days)
        column, bound = (self.moment, before) if self.moment else ("pk", uuid7_floor(before))
        return rows.filter(self.only(), **{f"{column}__lt": bound}).order_by(column)


@dataclass(slots=True)
class _Rules:
    by_model: dict[str, Rule] = field(default_factory=dict)


_rules = _Rules()


def keep(*rules: Rule) -> None:
    _rules.by_model |= {rule.model._meta.label_lower: rule for rule in rules}


def rules() -> list[Rule]:
    return list(_rules.by_model.values())


def report() -> dict[str, int]:
    """What the next night would let go; nothing is changed."""
    return _summed((rule.key, rule.due().count()) for rule in rules())


def retention_if_due() -> int:
    """Once a night, in turns: whoever comes by first goes on where the last one stopped."""
    now = timezone.localtime()
    if now.hour < settings.RETENTION_HOUR:
        return 0
    night = _claimed(now.date())
    return _turn(night, until=time.monotonic() + TURN_SECONDS) if night else 0


def retention_do() -> dict[str, int]:
    """All of it now, whatever the hour; told with what else went today."""
    now = timezone.now()
    removed = _summed((rule.key, count) for rule in rules() for count in _batches(rule))
    night, _made = RetentionNight.objects.get_or_create(day=timezone.localdate(), defaults={"began_at": now})
    night.removed, night.finished_at = _summed([*night.removed.items(), *removed.items()]), timezone.now()
    night.save(update_fields=["removed", "finished_at"])
    return removed


def _claimed(day: date) -> RetentionNight | None:
    RetentionNight.objects.bulk_create([RetentionNight(day=day)], ignore_conflicts=True)
    free = Q(busy_until=None) | Q(busy_until__lt=Now())
    night = RetentionNight.objects.filter(free, day=day, finished_at=None)
    claimed = night.update(busy_until=Now() + _LEASE)
    return RetentionNight.objects.get(day=day) if claimed else None


def _turn(night: RetentionNight, *, until: float) -> int:
    removed = _summed(_until(until))
    done = time.monotonic() < until
    night.removed = _summed([*night.removed.items(), *removed.items()])
    night.began_at, night.busy_until = night.began_at or timezone.now(), None
    night.finished_at = timezone.now() if done else None
    night.save()
    if removed:
        log.info("retention", **removed)
    return sum(removed.values())


def _until(end: float) -> Iterable[tuple[str, int]]:
    for rule in rules():
        for removed in _batches(rule):
            yield rule.key, removed
            if time.monotonic() >= end:
                return


def _batches(rule: Rule) -> Iterable[int]:
    while removed := _batch(rule):
        yield removed
        if removed < AT_ONCE:
            return


@transaction.atomic
def _batch(rule: Rule) -> int:
    """Rows that somebody holds are left for the next night: nobody waits for us, and we for nobody."""
    with connection.cursor() as cursor:
        cursor.execute("set local lock_timeout = '2s'")
    due = list(rule.due().select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:AT_ONCE])
    if due:
        rule.drop(rule.model._base_manager.filter(pk__in=due))
    return len(due)


def _summed(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    summed: dict[str, int] = {}
    for name, count in counts:
        summed[name] = summed.get(name, 0) + count
    return {name: count for name, count in summed.items() if count}
