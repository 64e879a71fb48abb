"""What the doctor looks at here: the workers, and whether the providers know our credentials."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

from c2s_enrich.doctor.findings import Finding, State, examined
from enrichment.alerts.judging import channels
from enrichment.alerts.sending import reach
from enrichment.analytics.making import NOT_MADE
from enrichment.analytics.refreshing import ages
from enrichment.models import AlertNotice, CallOutcome, ProviderCall, ProviderGate
from enrichment.providers.c2s import client as c2s
from enrichment.providers.diretrix import client as diretrix
from enrichment.providers.errors import ProviderError, Withheld
from enrichment.providers.http import Door
from enrichment.providers.work_api import client as work_api

_SILENT_AFTER = timedelta(seconds=30)
_LATELY = timedelta(days=1)
_UNAUTHORISED = (401, 403)


@examined("worker")
def worker_is_alive() -> Iterator[Finding]:
    workers = ProcrastinateWorker.objects
    alive = workers.filter(last_heartbeat__gt=Now() - _SILENT_AFTER).count()
    if alive:
        yield Finding("worker", "ok", f"{alive} at work")
        return
    last = workers.aggregate(last=Max("last_heartbeat"))["last"]
    says = f"none; the last sign was at {timezone.localtime(last):%Y-%m-%d %H:%M:%S}" if last else "none is at work"
    yield Finding("worker", "failed", says, "Start `manage.py worker`. Leads wait in the database until then.")


@examined("analytics")
def views_are_fresh() -> Iterator[Finding]:
    found = ages()
    if missing := [age.view for age in found if not age.is_made]:
        yield Finding("analytics", "warning", f"there is no {missing[0]}", NOT_MADE)
        return
    stale = [age for age in found if age.is_stale] if settings.ANALYTICS_REFRESH_MINUTES else []
    for age in stale[:1]:
        says = f"of {timezone.localtime(age.as_of):%Y-%m-%d %H:%M}" if age.as_of else "empty"
        do = "The worker fills it, and its log says why where it does not."
        yield Finding("analytics", "warning", f"{age.view} is {says}", do)
    if not stale:
        yield Finding("analytics", "ok", "the views are made and fresh")


@examined("alerts")
def alerts_reach_somebody() -> Iterator[Finding]:
    """Nothing is sent: `manage.py test_alert` does that."""
    if not channels():
        do = "Set ALERT_WEBHOOK_URL, or ALERT_EMAIL_TO and SMTP_URL."
        yield Finding("alerts", "warning", "nobody is told when something is wrong", do)
        return
    try:
        reach(channels())
    except ProviderError as error:
        do = "Look at ALERT_WEBHOOK_URL and SMTP_URL, then run `manage.py test_alert`."
        yield Finding("alerts", "failed", f"cannot be sent: {error.what}", do)
        return
    latest = AlertNotice.objects.order_by("-id").first()
    if latest and latest.error:
        yield Finding("alerts", "failed", f"the latest was not sent: {latest.error}", "Run `manage.py test_alert`.")
    else:
        yield Finding("alerts", "ok", f"go by {' and '.join(channels())}; `manage.py test_alert` sends one")


@examined("C2S")
def c2s_knows_us() -> Iterator[Finding]:
    if not settings.C2S_TOKEN:
        yield Finding("C2S", "failed", "C2S_TOKEN is not set", "Set it; C2S gives it to the account's owner.")
        return
    try:
        name = c2s.company()
    except ProviderError as error:
        yield _refused("C2S", error, "C2S_TOKEN", "C2S_BASE_URL")
    else:
        yield Finding("C2S", "ok", f"knows the token: it is of {name or 'an account without a name'}")


@examined("Diretrix")
def diretrix_knows_us() -> Iterator[Finding]:
    given = {"DIRETRIX_BASE_URL", "DIRETRIX_USER", "DIRETRIX_PASS"}
    yield _paid("Diretrix", diretrix.PROVIDER, diretrix.door, sorted(given))


@examined("Work API")
def work_api_knows_us() -> Iterator[Finding]:
    yield _paid("Work API", work_api.PROVIDER, work_api.door, ["WORK_API", "WORK_API_BASE_URL"])


def _paid(name: str, provider: str, door: Callable[[], Door], given: list[str]) -> Finding:
    """Every call costs: we go as far as its door, and remember how the latest call went."""
    if missing := [setting for setting in given if not getattr(settings, setting)]:
        return Finding(name, "failed", f"{', '.join(missing)} not set", "Set it.")
    try:
        door().reach()
    except ProviderError as error:
        return _refused(name, error, ", ".join(given), given[0])
    if why := _held_back(provider):
        return Finding(name, "warning", f"not asked: {why}", "See Providers and budgets in the admin.")
    calls = ProviderCall.objects.filter(provider=provider, created_at__gt=timezone.now() - _LATELY)
    latest = calls.order_by("-created_at").first()
    if latest is None:
        return Finding(name, "ok", "can be reached; every call costs, and none within a day shows the credentials good")
    at = f"{timezone.localtime(latest.created_at):%H:%M}"
    if latest.outcome == CallOutcome.REJECTED and latest.status in _UNAUTHORISED:
        says = f"refused us with {latest.status} at {at}"
        return Finding(name, "failed", says, f"Look at {', '.join(given)}, and whether the account is paid for.")
    state: State = "ok" if latest.outcome in (CallOutcome.OK, CallOutcome.NOBODY) else "warning"
    do = "" if state == "ok" else "See Provider calls in the admin."
    return Finding(name, state, f"can be reached; the latest call, at {at}, ended as {latest.outcome}", do)


def _held_back(provider: str) -> str:
    gate = ProviderGate.objects.filter(pk=provider).first()
    if gate is None or (gate.enabled and gate.open_until is None):
        return ""
    return f"failing, {gate.failures} times in a row" if gate.enabled else "switched off by staff"


def _refused(name: str, error: ProviderError, credentials: str, address: str) -> Finding:
    if isinstance(error, Withheld):
        return Finding(name, "warning", f"not asked: {error.what}", "See Providers and budgets in the admin.")
    if error.status in _UNAUTHORISED:
        return Finding(name, "failed", f"refuses us with {error.status}", f"Look at {credentials}.")
    says = f"gives no good answer: {error.what}"
    return Finding(name, "failed", says, f"Look at {address}, and whether the way out is open.")
