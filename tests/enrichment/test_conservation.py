"""Nothing is lost: the books balance, and a made difference is told."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from enrichment.conservation import Day, days
from enrichment.models import Lead, LeadMessage, Run
from enrichment.sandbox import Sandbox
from tests.enrichment.leads import run_for
from webhooks.models import Door, EventState, WebhookEvent

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)  # other threads must see what was written
Perform = Callable[[Run], Run]


def told() -> str:
    out = StringIO()
    call_command("conservation", stdout=out)
    return out.getvalue()


def today() -> Day:
    return days(django_settings.TIME_ZONE)[-1]


def a_day_of_leads(sandbox: Sandbox, perform: Perform) -> None:
    perform(run_for(sandbox, "delivered"))
    perform(run_for(sandbox, "nobody", phone="(11) 98123-0000", email=""))
    perform(run_for(sandbox, "fake", phone="(11) 99999-9999", email=""))
    sandbox.faults.set("diretrix", outage="503")
    perform(run_for(sandbox, "waiting", phone="(11) 98711-4455", email=""))
    sandbox.faults.set("diretrix", outage=None)
    run_for(sandbox, "not-begun")
    Lead.objects.create(lead_id="came-closed", closed_at=Now())


@committed
def test_received_is_delivered_and_ended_and_in_flight(sandbox: Sandbox, perform: Perform) -> None:
    a_day_of_leads(sandbox, perform)
    found = today()
    assert (found.received, found.delivered, found.ended, found.in_flight, found.difference) == (6, 1, 3, 2, 0)
    assert "Nothing is lost." in told()


@committed
def test_each_day_balances_by_itself(sandbox: Sandbox, perform: Perform) -> None:
    perform(run_for(sandbox, "yesterday"))
    Lead.objects.update(received_at=Now() - timedelta(days=1))
    run_for(sandbox, "today")
    yesterday, now = days(django_settings.TIME_ZONE)
    assert (yesterday.delivered, yesterday.in_flight, now.delivered, now.in_flight) == (1, 0, 0, 1)


@committed
def test_a_lead_without_a_run_is_a_difference(sandbox: Sandbox, perform: Perform) -> None:
    a_day_of_leads(sandbox, perform)
    Run.objects.filter(lead__lead_id="not-begun").delete()
    with pytest.raises(CommandError, match="1 leads and 0 events are unaccounted for"):
        told()


def test_an_event_that_led_to_no_lead_is_a_difference() -> None:
    WebhookEvent.objects.create(door=Door.C2S, external_id="lost", version="1", payload={}, state=EventState.PROCESSED)
    with pytest.raises(CommandError, match="0 leads and 1 events are unaccounted for"):
        told()


@committed
def test_a_message_that_was_only_meant_is_not_delivered(sandbox: Sandbox, perform: Perform) -> None:
    run = perform(run_for(sandbox))
    LeadMessage.objects.filter(run=run).update(state="sending")
    Run.objects.update(state="running")
    assert (today().delivered, today().in_flight) == (0, 1)


def test_nothing_received_is_nothing_lost() -> None:
    assert "Nothing is lost." in told()
