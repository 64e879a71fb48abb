"""The questions by which the predecessor was watched: each one query over the leads as they were last reckoned."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from enrichment.rollup import percentile

MOST = 20
Answer = list[dict[str, Any]]

_QUESTIONS = Path(__file__).parent / "questions"


@dataclass(frozen=True, slots=True)
class Span:
    """Both days belong to it."""

    since: date
    until: date

    @property
    def step(self) -> str:
        """So that a chart has bars that can be told apart."""
        days = (self.until - self.since) / timedelta(days=1)
        return "day" if days <= 92 else "week" if days <= 730 else "month"


def questions() -> list[str]:
    return sorted(file.stem for file in _QUESTIONS.glob("*.sql"))


def answer(question: str, span: Span) -> Answer:
    values: dict[str, Any] = {
        "since": span.since,
        "until": span.until,
        "step": span.step,
        "most": MOST,
        "zone": settings.TIME_ZONE,
        "price_discovery": settings.PRICE_DIRETRIX,
        "price_profile": settings.PRICE_WORK_API,
    }
    with connection.cursor() as cursor:
        cursor.execute(_asked(question), values)
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return list(_of_bands(rows)) if question == "seconds" else rows


def _of_bands(rows: Answer) -> Iterator[dict[str, Any]]:
    for day, bands in groupby(rows, key=itemgetter("day")):
        waits: dict[str, int] = {}
        seconds = 0.0
        for band in bands:
            waits[str(band["seconds_band"])] = band["leads"]
            seconds += band["seconds"]
        leads = sum(waits.values())
        p95 = percentile(waits, 0.95) or 0.0
        yield {"day": day, "leads": leads, "average": round(seconds / leads, 1), "p95": round(p95, 1)}


@cache
def _asked(question: str) -> str:
    return (_QUESTIONS / f"{question}.sql").read_text("utf-8")
