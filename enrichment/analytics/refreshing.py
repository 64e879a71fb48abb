"""The materialised views follow the tables: now and then by the worker, at once when somebody is to be forgotten."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from c2s_enrich.privacy.subject import Subject
from enrichment.analytics.making import filled, standing
from enrichment.analytics.views import LEAD_STAR, MATERIALISED, PARTY_ANALYTICS, View
from enrichment.models import Watermark

log = structlog.get_logger(__name__)

# a crash in the middle: after this long another worker may go on
_LONGEST = timedelta(minutes=30)
# whoever refreshes holds it, so that somebody can wait until nothing older is about to be written
_LOCK = "select pg_advisory_xact_lock(hashtext('c2s-enrich analytics'))"
_OF_SOMEBODY = {
    PARTY_ANALYTICS.name: "party_id = any(%(parties)s)",
    LEAD_STAR.name: "party_id = any(%(parties)s) or lead_id = any(%(leads)s)",
}
_OF_NOBODY = {
    PARTY_ANALYTICS.name: "not exists (select from parties p where p.id = v.party_id)",
    LEAD_STAR.name: (
        "v.party_id is not null and not exists (select from parties p where p.id = v.party_id)"
        " or not exists (select from leads l where l.id = v.lead_id)"
    ),
}


@dataclass(frozen=True, slots=True)
class Age:
    view: str
    is_made: bool
    as_of: datetime | None

    @property
    def is_stale(self) -> bool:
        """Twice the time in which it should have been made anew."""
        allowed = timedelta(minutes=max(10, 2 * settings.ANALYTICS_REFRESH_MINUTES))
        return self.as_of is None or timezone.now() - self.as_of > allowed


def ages() -> list[Age]:
    """An empty one has none, whatever was noted before it was made again."""
    noted = dict(Watermark.objects.filter(pk__in=[view.name for view in MATERIALISED]).values_list("pk", "at"))
    there, readable = standing(), filled()
    return [
        Age(view.name, view.name in there, noted.get(view.name) if view.name in readable else None)
        for view in MATERIALISED
    ]


def views_refresh_if_due() -> int:
    """How many were refreshed; each by one worker at a time."""
    if not settings.ANALYTICS_REFRESH_MINUTES:
        views_empty()
        return 0
    every = timedelta(minutes=settings.ANALYTICS_REFRESH_MINUTES)
    there = standing()
    return sum(_refresh_if_due(view, every) for view in MATERIALISED if view.name in there)


def views_refresh() -> None:
    """Now, whoever else is at it."""
    there = standing()
    for view in MATERIALISED:
        if view.name in there:
            _refresh(view)


def views_empty() -> None:
    """What nobody refreshes must not go on telling of those whom retention let go."""
    with connection.cursor() as cursor:
        for name in sorted(filled()):
            cursor.execute(f"refresh materialized view {name} with no data")


def _refresh_if_due(view: View, every: timedelta) -> bool:
    Watermark.objects.bulk_create([Watermark(name=view.name)], ignore_conflicts=True)
    free = Q(busy_until=None) | Q(busy_until__lt=Now())
    due = Q(at=None) | Q(at__lte=Now() - every)
    claimed = Watermark.objects.filter(free, due, pk=view.name).update(last_began=Now(), busy_until=Now() + _LONGEST)
    if claimed:
        _refresh(view)
    return bool(claimed)


def _refresh(view: View) -> None:
    with _alone() as began:
        # readers go on reading what was there, but for the first time there is nothing to read
        how = "concurrently" if standing()[view.name].is_filled else ""
        with connection.cursor() as cursor:
            # one core is enough for what nobody waits for; the sorts fit into memory
            cursor.execute("set local max_parallel_workers_per_gather = 0; set local work_mem = '64MB'")
            cursor.execute(f"refresh materialized view {how} {view.name}")
        noted = {"at": began, "busy_until": None}
        Watermark.objects.update_or_create(name=view.name, defaults=noted)
    log.info("view refreshed", view=view.name)


@contextmanager
def _alone() -> Iterator[datetime]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK)
            cursor.execute("select statement_timestamp()")
            began: datetime = cursor.fetchone()[0]
        yield began


def renewed_without(view: View, subject: Subject) -> None:
    """Refreshed if there is something in it of somebody who was just erased, or of others who are gone."""
    # one that began before the erasure may be about to fill it with what was there then
    with _alone():
        pass
    if view.name not in filled():
        return
    parties, leads = subject.ids["parties.party"], subject.ids["enrichment.lead"]
    theirs = _count(view, _OF_SOMEBODY[view.name], {"parties": list(parties), "leads": list(leads)})
    if theirs or rows_of_nobody(view):
        _refresh(view)


def rows_of_nobody(view: View) -> int:
    return _count(view, _OF_NOBODY[view.name]) if view.name in filled() else 0


def _count(view: View, condition: str, values: dict[str, Any] | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {view.name} v where {condition}", values)  # noqa: S608  ours
        return int(cursor.fetchone()[0])
