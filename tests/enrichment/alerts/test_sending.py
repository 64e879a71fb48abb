"""Who listens, and what it costs when nobody does: little, for a while, and nothing else."""

import importlib
from dataclasses import asdict
from email import message_from_string
from email.policy import default
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from c2s_enrich import wsgi
from c2s_enrich.checks import alerts_can_be_sent, refuse_what_is_wrong
from enrichment.alerts import sending
from enrichment.alerts.sending import TRIES, door, notices_send
from enrichment.alerts.watch import alerts_watch
from enrichment.examined import alerts_reach_somebody
from enrichment.models import AlertNotice
from tests.back_office import superuser
from tests.enrichment.alerts.receivers import Receiver, mail_server
from tests.enrichment.alerts.test_alerts import five_minutes_pass, it_lasts, open_breaker
from tests.enrichment.providers.canned import Canned

SUBJECT = "[c2s-enrich] Um provedor falha e não é consultado por enquanto"
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_receiver_that_fails_is_tried_a_few_times_and_then_left_alone(
    told: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    told.status = 500
    open_breaker()
    it_lasts()
    assert told.asked == 1
    for _ in range(TRIES + 2):
        AlertNotice.objects.exclude(next_at=None).update(next_at=timezone.now())
        alerts_watch()
    notice = AlertNotice.objects.get()
    assert (told.asked, notice.tries, notice.next_at, notice.sent_at) == (TRIES, TRIES, None, None)
    assert notice.error == "alerts: answered 500"
    assert "alert not sent" in caplog.text
    assert "a-secret-path" not in caplog.text + notice.error


def test_what_is_back_gets_what_it_missed(told: Receiver) -> None:
    told.status = 503
    open_breaker()
    it_lasts()
    told.status = 200
    five_minutes_pass()
    alerts_watch()
    assert told.headlines == ["A provider fails and is left alone"]


def test_an_address_that_refuses_is_not_asked_again(told: Receiver) -> None:
    told.status = 403
    open_breaker()
    it_lasts()
    five_minutes_pass()
    alerts_watch()
    assert told.asked == 1


def test_one_that_never_answers_costs_one_time_out_and_is_not_told_twice(
    told: Receiver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "READ_TIMEOUT", 0.05)
    with Canned(lambda wire: wire.recv(1) and None) as silent:
        settings.ALERT_WEBHOOK_URL = silent.url
        door.cache_clear()
        for kind in ("redis_full", "queue_growing"):
            AlertNotice.objects.create(kind=kind, channel="webhook", next_at=timezone.now())
        assert (notices_send(), len(silent.requests)) == (0, 1)
        assert (notices_send(), len(silent.requests)) == (0, 2)
        assert (notices_send(), len(silent.requests)) == (0, 2)
    assert list(AlertNotice.objects.values_list("tries", flat=True)) == [1, 1]


def test_it_goes_by_mail_too(told: Receiver, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.ALERT_EMAIL_TO, settings.ALERT_LANGUAGE = ["ops@example.com"], "pt-br"
    settings.EMAIL_HOST = "127.0.0.1"
    with mail_server() as (settings.EMAIL_PORT, letters):
        open_breaker()
        it_lasts()
        [letter] = letters
        mail = message_from_string(letter, policy=default)
        assert (mail["To"], mail["Subject"].strip()) == ("ops@example.com", SUBJECT)
        call_command("test_alert", stdout=StringIO())
    assert (len(letters), len(told.posted)) == (2, 2)
    open_breaker("work_api")
    five_minutes_pass()
    alerts_watch()
    assert (len(told.posted), AlertNotice.objects.get(sent_at=None).channel) == (3, "email")


def test_the_address_is_tried_by_command_and_looked_at_by_the_doctor(told: Receiver, settings: Settings) -> None:
    output = StringIO()
    call_command("test_alert", stdout=output)
    assert (output.getvalue(), told.headlines) == ("webhook: sent\n", ["This is a test"])
    assert finding()["state"] == "ok"
    told.status = 404
    with pytest.raises(CommandError):
        call_command("test_alert", stdout=output)
    assert "webhook: alerts: refused with 404" in output.getvalue()
    open_breaker()
    it_lasts()
    assert (finding()["state"], finding()["says"]) == ("failed", "the latest was not sent: alerts: refused with 404")
    settings.ALERT_WEBHOOK_URL = ""
    assert finding()["state"] == "warning"
    with pytest.raises(CommandError, match="Nobody is told"):
        call_command("test_alert", stdout=output)


def finding() -> dict[str, Any]:
    [found] = alerts_reach_somebody()
    return asdict(found)


def test_staff_see_what_is_wrong_and_whether_it_was_told(told: Receiver) -> None:
    told.status = 500
    open_breaker()
    it_lasts()
    client: Client = superuser()
    home = client.get(reverse("admin:index")).content.decode()
    assert "A provider fails and is left alone: Diretrix" in home
    page = client.get(reverse("admin:enrichment_alert_changelist")).content.decode()
    assert "alerts: answered 500" in page


@pytest.mark.parametrize(
    ("setting", "value", "found"),
    [
        ("ALERT_WEBHOOK_URL", "http://hooks.example.com/x", "c2s_enrich.E008"),
        ("ALERT_EMAIL_TO", ["a"], "c2s_enrich.E009"),
        ("ALERT_LOOK_SECONDS", 0.0, "c2s_enrich.E010"),
    ],
)
def test_what_could_not_be_sent_is_refused_before_a_web_server_starts(
    settings: Settings, setting: str, value: Any, found: str
) -> None:
    settings.PRODUCTION, settings.ALLOW_HTTP_PROVIDERS = True, True
    refuse_what_is_wrong()
    setattr(settings, setting, value)
    assert [told.id for told in alerts_can_be_sent()] == [found]
    with pytest.raises(ImproperlyConfigured, match=found):
        importlib.reload(wsgi)
