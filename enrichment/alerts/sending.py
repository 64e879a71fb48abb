"""Notices leave here: each claimed before it is sent, tried a few times, and of each kind one in five minutes."""

import smtplib
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from enrichment.alerts.judging import channels
from enrichment.alerts.words import Said, as_slack, said
from enrichment.models import AlertNotice, Channel
from enrichment.providers.errors import ProviderError, RateLimited, Unavailable
from enrichment.providers.exchange import give_back_connection
from enrichment.providers.http import Door

log = structlog.get_logger(__name__)

PROVIDER = "alerts"
CONNECT_TIMEOUT, READ_TIMEOUT = 2.0, 3.0
ONE_IN = timedelta(minutes=5)
# long enough for a receiver that was away for half a night
_WAITS = [timedelta(seconds=25), *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120))]
TRIES = len(_WAITS) + 1


def notices_send() -> int:
    return sum(_send_by(channel) for channel in channels())


def _send_by(channel: Channel) -> int:
    """What is due; after the first that fails the others wait for the next time."""
    sent = 0
    while notice := _claim(channel):
        told = said(notice)
        give_back_connection()
        if error := deliver(channel, told):
            _failed(notice, error)
            break
        AlertNotice.objects.filter(pk=notice.pk).update(sent_at=Now(), next_at=None, error="")
        sent += 1
    return sent


def deliver(channel: Channel, told: Said) -> ProviderError | None:
    """What went wrong, which says neither address nor secret."""
    try:
        if channel == Channel.WEBHOOK:
            door().call("POST", "", body=as_slack(told))
        else:
            send_mail(told.headline, told.text, settings.ALERT_EMAIL_FROM, settings.ALERT_EMAIL_TO)
    except ProviderError as error:
        return error
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        # its own text may hold whom the mail is for
        return Unavailable(PROVIDER, f"the mail server failed ({type(error).__name__})", maybe_done=True)
    return None


def reach(by: Iterable[Channel]) -> None:
    """As far as their doors, without saying anything."""
    if Channel.WEBHOOK in by:
        door().reach()
    if Channel.EMAIL in by:
        mail = Door(PROVIDER, f"smtp://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}", CONNECT_TIMEOUT, READ_TIMEOUT)
        mail.reach()


def _claim(channel: Channel) -> AlertNotice | None:
    """Nobody else takes it for five minutes, and none of its kind for as long after one was sent."""
    lately = AlertNotice.objects.filter(
        kind=OuterRef("kind"), channel=channel, is_all_clear=False, sent_at__gt=Now() - ONE_IN
    )
    due = AlertNotice.objects.filter(Q(is_all_clear=True) | ~Exists(lately), channel=channel, next_at__lte=Now())
    for notice in due.order_by("id")[:1]:
        if due.filter(pk=notice.pk).update(tries=F("tries") + 1, next_at=Now() + ONE_IN):
            notice.tries += 1
            return notice
    return None


def _failed(notice: AlertNotice, error: ProviderError) -> None:
    """What surely did not arrive is tried again soon, what may have not within five minutes; at last it is given up."""
    log.warning("alert not sent", kind=notice.kind, by=notice.channel, tries=notice.tries, why=str(error))
    is_last = notice.tries >= TRIES or error.permanent
    next_at = None if is_last else Now() + _wait(notice.tries, error)
    AlertNotice.objects.filter(pk=notice.pk).update(next_at=next_at, error=str(error)[:120])


def _wait(tries: int, error: ProviderError) -> timedelta:
    wait = max(_WAITS[tries - 1], ONE_IN) if error.maybe_done else _WAITS[tries - 1]
    asked = error.retry_after or 0 if isinstance(error, RateLimited) else 0
    return max(wait, timedelta(seconds=asked))


@lru_cache
def door() -> Door:
    return Door(PROVIDER, settings.ALERT_WEBHOOK_URL, CONNECT_TIMEOUT, READ_TIMEOUT, pool_size=2)
