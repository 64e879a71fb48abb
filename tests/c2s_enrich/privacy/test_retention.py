"""What is old goes, a little at a time; what is young, needed or held by somebody stays."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from axes.models import AccessLog
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from pytest_django import Settings

from c2s_enrich import checks
from c2s_enrich.ids import uuid7_floor
from c2s_enrich.privacy import retention
from c2s_enrich.privacy.models import AccessEntry, RetentionNight
from c2s_enrich.privacy.retention import report, retention_do, retention_if_due, rules
from enrichment.models import BulkImport, Discovery, Lead, LeadMessage, ProviderCall, Run, RunState
from parties.models import Address, DataRequest, Kind, Party, PartyAddress, PartyChange, PartyContact, PartyMerge
from webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(days=4000)
Make = Callable[[datetime], Model]


def lead(at: datetime) -> Lead:
    return Lead.objects.create(id=uuid7_floor(at), lead_id=f"lead-{at:%Y}", customer_name="Ana")


def run(at: datetime, state: RunState = RunState.COMPLETED) -> Run:
    owner = Lead.objects.get_or_create(lead_id="lead-of-a-run")[0]
    return Run.objects.create(id=uuid7_floor(at), lead=owner, trigger="webhook", state=state)


def message(at: datetime) -> LeadMessage:
    owner = Lead.objects.get_or_create(lead_id="lead-of-a-message")[0]
    told = {"direction": "in", "state": "received", "body": "Oi", "fingerprint": f"{at:%Y}"}
    return LeadMessage.objects.create(id=uuid7_floor(at), lead=owner, **told)


def party(at: datetime) -> Party:
    made = Party.objects.create(kind=Kind.PERSON, name="ANA LIMA")
    PartyContact.objects.create(party=made, contact_type="email", value=f"ana.{at:%Y}@example.com")
    home = Address.objects.create(street="RUA DO SOL", number=f"{at:%Y}", city="CAMPINAS")
    PartyAddress.objects.create(party=made, address=home)
    Party.objects.filter(pk=made.pk).update(updated_at=at)
    return made


def change(at: datetime) -> PartyChange:
    firm = Party.objects.get_or_create(kind=Kind.COMPANY, name="FIRMA")[0]
    return PartyChange.objects.create(id=uuid7_floor(at), party=firm, cause="staff", values={})


def request(at: datetime) -> DataRequest:
    return DataRequest.objects.create(id=uuid7_floor(at), wish="access", state="done", digest="x", taken_by="ana")


def deed(at: datetime) -> LogEntry:
    user = User.objects.get_or_create(username="ana")[0]
    made = LogEntry.objects.create(user=user, object_repr="x", action_flag=CHANGE, change_message="")
    LogEntry.objects.filter(pk=made.pk).update(action_time=at)
    return made


def log_in(model: type[Model]) -> Make:
    def make(at: datetime) -> Model:
        told = {"username": f"ana-{at:%Y}", "ip_address": "127.0.0.1", "path_info": "/", "user_agent": "x"}
        more = {"get_data": "", "post_data": "", "failures_since_start": 1} if "Attempt" in model.__name__ else {}
        made = model._base_manager.create(**told, **more)
        model._base_manager.filter(pk=made.pk).update(attempt_time=at)
        return made

    return make


def made_of(model: type[Model], **told: Any) -> Make:
    return lambda at: model._base_manager.create(id=uuid7_floor(at), **told)


MERGED = {"kept_id": uuid7_floor(timezone.now()), "gone_id": uuid7_floor(timezone.now()), "gone_rows": []}
MADE: dict[str, Make] = {
    "access_log": lambda at: AccessEntry.objects.create(id=uuid7_floor(at), at=at, kind="staff", who="a", thing="x"),
    "axes_accesslog": log_in(AccessLog),
    "bulk_imports": made_of(BulkImport, brings="contacts", state="done", file_name="x.csv"),
    "data_requests": request,
    "discoveries": lambda at: Discovery.objects.create(identifier_hash=f"{at:%Y}", asked_at=at),
    "django_admin_log": deed,
    "lead_messages": message,
    "leads": lead,
    "parties": party,
    "party_changes": change,
    "party_merges": made_of(PartyMerge, **MERGED, moved={}, demoted={}, filled=[]),
    "provider_calls": made_of(ProviderCall, provider="c2s", operation="x", outcome="ok", ms=1, billed="no"),
    "retention_nights": lambda at: RetentionNight.objects.create(day=at.date()),
    "runs": run,
    "webhook_events": lambda at: WebhookEvent.objects.create(
        id=uuid7_floor(at), door="c2s", version=f"{at:%Y}", state="processed"
    ),
}


@pytest.fixture
def everything_ends(settings: Settings) -> None:
    for rule in rules():
        setattr(settings, rule.setting, 400)


def old_and_young() -> None:
    for make in MADE.values():
        make(timezone.now() - LONG_AGO)
        make(timezone.now() - timedelta(days=10))


def counts() -> dict[str, int]:
    return {rule.key: rule.model._base_manager.count() for rule in rules() if rule.key in MADE}


def test_every_rule_is_tried_here() -> None:
    assert {rule.key for rule in rules()} - {"axes_accessattempt", "axes_accessfailurelog"} == MADE.keys()


@pytest.mark.usefixtures("everything_ends")
def test_of_every_kind_the_old_goes_and_the_young_stays() -> None:
    old_and_young()
    before = counts()
    promised = report()
    assert counts() == before, "a dry run changes nothing"
    assert promised == dict.fromkeys(MADE, 1)
    assert retention_do() == promised
    assert report() == {}
    after = counts()
    assert all(after[name] == before[name] - 1 for name in MADE if name != "retention_nights")
    assert (Address.objects.count(), PartyContact.objects.count()) == (1, 1), "with the person go contacts and home"


def test_zero_days_is_for_good(settings: Settings) -> None:
    for rule in rules():
        setattr(settings, rule.setting, 0)
    old_and_young()
    assert report() == {}
    assert retention_do() == {}


@pytest.mark.usefixtures("everything_ends")
def test_what_is_under_way_or_has_a_lead_stays() -> None:
    at = timezone.now() - LONG_AGO
    waiting = run(at, RunState.QUEUED)
    person = party(at)
    Lead.objects.filter(pk=waiting.lead_id).update(party=person)
    asked = request(at)
    DataRequest.objects.filter(pk=asked.pk).update(state="open")
    assert retention_do() == {}


@pytest.mark.usefixtures("everything_ends")
def test_a_night_works_in_small_batches_and_tells_what_went(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RETENTION_HOUR = 0
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    for number in range(7):
        run(timezone.now() - LONG_AGO - timedelta(days=number))
    monkeypatch.setattr(retention, "TURN_SECONDS", 0.0)
    turns = []
    while not RetentionNight.objects.filter(finished_at__isnull=False).exists():
        turns.append(retention_if_due())
        monkeypatch.setattr(retention, "TURN_SECONDS", 0.0 if len(turns) < 3 else 20.0)
    assert turns[:3] == [3, 3, 1]
    assert RetentionNight.objects.get().removed == {"runs": 7}
    assert retention_if_due() == 0, "once a night"


@pytest.mark.usefixtures("everything_ends")
def test_nothing_is_done_before_the_hour(settings: Settings) -> None:
    settings.RETENTION_HOUR = 24
    run(timezone.now() - LONG_AGO)
    assert retention_if_due() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("everything_ends")
def test_rows_that_somebody_holds_are_passed_over_and_nobody_waits() -> None:
    held = run(timezone.now() - LONG_AGO)
    run(timezone.now() - LONG_AGO - timedelta(days=1))
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Run.objects.select_for_update().get(pk=held.pk)
            locked.set()
            done.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait(30)
    try:
        assert retention_do() == {"runs": 1}
    finally:
        done.set()
        holder.join()
    assert list(Run.objects.values_list("pk", flat=True)) == [held.pk]


def test_the_command_reports_by_kind(settings: Settings) -> None:
    run(timezone.now() - LONG_AGO)
    out = StringIO()
    call_command("retention", "--dry-run", stdout=out)
    assert "1 rows would go." in out.getvalue()
    assert Run.objects.exists()
    call_command("retention", stdout=out)
    assert not Run.objects.exists()


def test_limits_that_cannot_be_kept_are_refused_at_start(settings: Settings) -> None:
    settings.RETENTION_ACCESS_LOG, settings.RETENTION_ANSWERS, settings.LEGAL_BASIS_C2S = 7, 30, "because"
    found = [*checks.retention_can_be_kept(), *checks.the_grounds_are_those_of_the_law()]
    assert [error.id for error in found] == ["c2s_enrich.E005", "c2s_enrich.E006", "c2s_enrich.E004"]
