"""What each provider may be asked, and how often: read from the settings."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings

_PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
# calls keep apart as their rate says, though a slow rate does not spread a burst over its whole period
_WIDEST_GAP = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class Rate:
    calls: int
    period: timedelta

    @property
    def gap(self) -> timedelta:
        return min(self.period / self.calls, _WIDEST_GAP)


@dataclass(frozen=True, slots=True)
class Limits:
    rate: Rate | None
    concurrency: int
    budget_day: Decimal | None
    budget_month: Decimal | None

    @property
    def is_boundless(self) -> bool:
        return self.budget_day is None and self.budget_month is None


def limits_of(provider: str) -> Limits:
    name = provider.upper()
    return Limits(
        rate=rate_read(getattr(settings, f"{name}_RATE")),
        concurrency=getattr(settings, f"{name}_CONCURRENCY"),
        budget_day=getattr(settings, f"{name}_BUDGET_DAY", None),
        budget_month=getattr(settings, f"{name}_BUDGET_MONTH", None),
    )


def rate_read(written: str) -> Rate | None:
    """`2/second`, `10/minute`; `0` and nothing mean no limit."""
    if written.strip() in ("", "0"):
        return None
    fits = re.fullmatch(r"(\d+)\s*/\s*(second|minute|hour|day)s?", written.strip())
    if fits is None or int(fits[1]) == 0:
        raise ValueError(f"A rate is written like 2/second or 10/minute, not {written!r}.")
    return Rate(int(fits[1]), timedelta(seconds=_PERIODS[fits[2]]))
