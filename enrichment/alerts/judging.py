"""What is wrong, written down; and the notices that tell of it, each once, with an all-clear when it is over."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from enrichment.alerts.conditions import CONDITIONS, About
from enrichment.alerts.readings import Readings
from enrichment.alerts.thresholds import THRESHOLDS
from enrichment.models import NEWS, Alert, AlertKind, AlertNews, AlertNotice, Channel

# of a flood the first are named, and the rest counted
NAMED = 10
MORE = "more"


def channels() -> list[Channel]:
    """By which somebody wants to be told."""
    by = {Channel.WEBHOOK: settings.ALERT_WEBHOOK_URL, Channel.EMAIL: settings.ALERT_EMAIL_TO}
    return [channel for channel, where in by.items() if where]


def judge(readings: Readings) -> None:
    troubled = set(Alert.objects.exclude(since=None).values_list("kind", flat=True))
    for kind, condition in CONDITIONS.items():
        wrong = condition(readings)
        if wrong or kind in troubled:
            _judge(kind, wrong, readings.now)
    for kind in NEWS:
        _tell_news(kind)


@transaction.atomic
def _judge(kind: AlertKind, wrong: About, now: datetime) -> None:
    alert = Alert.objects.select_for_update().filter(pk=kind).first() or Alert(kind=kind)
    if wrong:
        alert.since = alert.since or now
        untold = wrong.keys() - set(alert.told)
        alert.told = [about for about in alert.told if about in wrong]
        if untold and now - alert.since >= THRESHOLDS[kind].lasting:
            _notice(kind, wrong)
            alert.told = sorted(wrong)
    elif alert.since:
        _all_clear(alert)
        alert.since, alert.told = None, []
    alert.about = wrong
    alert.save()


def _notice(kind: AlertKind, about: About) -> None:
    """One that waits for its turn is told of the rest as well."""
    for channel in channels():
        if not _waiting(kind, channel).update(about=about):
            AlertNotice.objects.create(kind=kind, channel=channel, about=about, next_at=Now())


def _waiting(kind: AlertKind, channel: Channel) -> QuerySet[AlertNotice]:
    """Once one is claimed by whoever sends it, it says what it says."""
    return AlertNotice.objects.filter(kind=kind, channel=channel, is_all_clear=False, tries=0)


def _all_clear(alert: Alert) -> None:
    """For those who were told, or may have been; the others need not hear of it any more."""
    notices = AlertNotice.objects.filter(kind=alert.kind, is_all_clear=False, created_at__gte=alert.since)
    notices.filter(tries=0).delete()
    notices.filter(sent_at=None).update(next_at=None)
    for channel in set(notices.values_list("channel", flat=True)):
        AlertNotice.objects.create(
            kind=alert.kind, channel=channel, is_all_clear=True, about=alert.about, next_at=Now()
        )


@transaction.atomic
def _tell_news(kind: AlertKind) -> None:
    news = AlertNews.objects.select_for_update().filter(kind=kind, told_at=None)
    leads = [str(pk) for pk in news.order_by("id").values_list("lead_id", flat=True)]
    if not leads:
        return
    for channel in channels():
        waiting = _waiting(kind, channel)
        told = waiting.values_list("about", flat=True).first() or {}
        if not waiting.update(about=_named(told, leads)):
            AlertNotice.objects.create(kind=kind, channel=channel, about=_named({}, leads), next_at=Now())
    Alert.objects.update_or_create(kind=kind, defaults={"about": _named({}, leads)})
    news.update(told_at=Now())


def _named(about: About, leads: Iterable[str]) -> About:
    more = int(about.get(MORE, "0"))
    named = {lead: "" for lead in about if lead != MORE}
    for lead in leads:
        if len(named) < NAMED:
            named[lead] = ""
        else:
            more += lead not in named
    return named | ({MORE: str(more)} if more else {})
