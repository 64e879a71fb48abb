"""One address that tries many names: what the lock of a name and its address, by itself, does not see."""

from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone

from c2s_enrich.throttling import address_of

# an office shares one address, and ten people may forget their passwords on one morning
NAMES = 10


class SprayingBackend:
    """The first to be asked: beyond the limit no password is looked at, right or wrong."""

    def authenticate(self, request: HttpRequest | None, **_credentials: Any) -> None:
        if request is not None and _failures(address_of(request)) >= NAMES * settings.AXES_FAILURE_LIMIT:
            # read by the middleware of axes, which answers 429
            request.axes_locked_out = True  # type: ignore[attr-defined]
            raise PermissionDenied


def _failures(address: str) -> int:
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    attempts = AccessAttempt.objects.filter(ip_address=address or None, attempt_time__gt=since)
    return attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0
