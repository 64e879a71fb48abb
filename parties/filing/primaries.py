"""The one contact or address that is shown first."""

from contextlib import suppress
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet


def crown(chosen: QuerySet[Any]) -> None:
    """Make the row primary, unless staff, who take no lock, made another so at this very moment."""
    with suppress(IntegrityError), transaction.atomic():
        chosen.update(is_primary=True)
