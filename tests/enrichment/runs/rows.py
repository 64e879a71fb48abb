"""Runs as a test wants them, and what became of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now
from procrastinate.contrib.django.models import ProcrastinateJob

from enrichment.models import Lead, Run, Trigger
from enrichment.runs import run_claim

committed = pytest.mark.django_db(transaction=True)  # other threads must see what was written
Perform = Callable[[Run], Run]
HOUR = timedelta(hours=1)


def new_run(lead_id: str, **fields: Any) -> Run:
    lead, _ = Lead.objects.get_or_create(lead_id=lead_id)
    return Run.objects.create(lead=lead, trigger=Trigger.WEBHOOK, next_at=Now() + HOUR, **fields)


def forget_bells() -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")


def bells() -> list[tuple[str, int]]:
    return list(ProcrastinateJob.objects.order_by("id").values_list("args__run_id", "priority"))


def due(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(next_at=Now() - timedelta(seconds=1))


def expire(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_until=Now() - timedelta(seconds=1))


def until(field: str) -> timedelta:
    """How far away an instant is, by the database's clock."""
    left = ExpressionWrapper(F(field) - Now(), output_field=DurationField())
    found: timedelta = Run.objects.annotate(left=left).values_list("left", flat=True).get()
    return found


def claimed(run: Run) -> Run:
    found = run_claim(run.pk)
    assert found is not None
    return found
