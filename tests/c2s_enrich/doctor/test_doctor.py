"""An installation broken on purpose, in one place at a time: the doctor finds that place and says what to do."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from c2s_enrich.doctor import house
from c2s_enrich.doctor.house import clock_told
from enrichment.alerts.sending import door as alert_door
from enrichment.analytics.refreshing import views_refresh
from enrichment.models import Billed, CallOutcome, Lead, ProviderCall, ProviderGate, Run, Trigger
from enrichment.providers.c2s import client as c2s
from enrichment.sandbox import Sandbox
from tests.production import environment, manage
from webhooks.models import Door, WebhookEvent

pytestmark = pytest.mark.django_db(transaction=True)
SECRETS = ("c2s-token-of-the-tests", "work-token-of-the-tests", "diretrix-pass-of-the-tests", "wrong-token")
EVERYTHING = {
    "settings", "database", "migrations", "redis", "clock", "disk", "storage", "connections", "notifications",
    "worker",    "alerts", "analytics", "C2S", "Diretrix", "Work API", "webhook",
}  # fmt: skip


def beat() -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (now())")


@pytest.fixture
def installation(sandbox: Sandbox, settings: Settings) -> Iterator[Sandbox]:
    """Everything is there."""
    settings.WEBHOOK_SECRETS, settings.ALERT_WEBHOOK_URL = ["a-secret-for-tests"], f"{sandbox.c2s_url}/hook"
    alert_door.cache_clear()
    beat()
    views_refresh()
    WebhookEvent.objects.create(door=Door.C2S, external_id="one", version="1", state="processed")
    yield sandbox
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_workers")


def examined() -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit status, and what was found by what it is about."""
    output, status = StringIO(), 0
    try:
        call_command("doctor", "--json", stdout=output)
    except SystemExit as ended:
        status = int(str(ended.code))
    report = json.loads(output.getvalue())
    assert not [secret for secret in SECRETS if secret in output.getvalue()]
    return status, {finding["about"]: finding for finding in report["findings"]}


def sick(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {about: finding["state"] for about, finding in found.items() if finding["state"] != "ok"}


def test_a_whole_installation_is_well_in_every_line(installation: Sandbox) -> None:
    status, found = examined()
    assert found.keys() == EVERYTHING
    assert (status, sick(found)) == (0, {})
    paid = installation.stats()
    assert [paid[provider]["total"] for provider in ("diretrix", "work_api")] == [0, 0]


def test_for_people_each_line_says_what_to_do(installation: Sandbox, settings: Settings) -> None:
    settings.DISK_FREE_MIN_MB = 10**9
    output = StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=output, no_color=True)
    lines = output.getvalue().splitlines()
    assert [line for line in lines if line.startswith("failed   disk")]
    assert [line for line in lines if "→ Make room there, or move DATA_DIR." in line]


def no_migration(_settings: Settings, _sandbox: Sandbox) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where app = 'webhooks'")


def no_redis(settings: Settings, _sandbox: Sandbox) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"


def no_worker(_settings: Settings, _sandbox: Sandbox) -> None:
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_workers set last_heartbeat = now() - interval '31 seconds'")


def wrong_token(settings: Settings, sandbox: Sandbox) -> None:
    sandbox.world.expected["c2s"] = settings.C2S_TOKEN
    settings.C2S_TOKEN = "wrong-token"
    c2s.door.cache_clear()


def refused_by_work_api(_settings: Settings, _sandbox: Sandbox) -> None:
    ProviderCall.objects.create(
        provider="work_api", operation="cpf", outcome=CallOutcome.REJECTED, status=403, ms=9, billed=Billed.NO
    )


def no_way_to_diretrix(settings: Settings, _sandbox: Sandbox) -> None:
    from enrichment.providers.diretrix import client

    settings.DIRETRIX_BASE_URL = "https://127.0.0.1:9"
    client.door.cache_clear()


def pool_too_large(_settings: Settings, _sandbox: Sandbox) -> None:
    connection.settings_dict["OPTIONS"]["pool"]["max_size"] = 5000


def disk_full(settings: Settings, _sandbox: Sandbox) -> None:
    settings.DISK_FREE_MIN_MB = 10**9


def storage_full(_settings: Settings, _sandbox: Sandbox) -> None:
    # what PostgreSQL says when a file cannot grow
    house._SPILL = "do $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$"


def nonsense(settings: Settings, _sandbox: Sandbox) -> None:
    settings.ON_CONFLICT = "shout"


def subscription_gone(_settings: Settings, _sandbox: Sandbox) -> None:
    WebhookEvent.objects.update(received_at=timezone.now() - timedelta(days=2))
    lead = Lead.objects.create(lead_id="found-by-looking")
    Run.objects.create(lead=lead, trigger=Trigger.RECONCILE)


@pytest.mark.parametrize(
    ("breaks", "about", "do"),
    [
        (no_migration, "migrations", "Run `manage.py migrate`."),
        (no_redis, "redis", "Look at REDIS_URL"),
        (no_worker, "worker", "Start `manage.py worker`."),
        (wrong_token, "C2S", "Look at C2S_TOKEN."),
        (refused_by_work_api, "Work API", "Look at WORK_API"),
        (no_way_to_diretrix, "Diretrix", "Look at DIRETRIX_BASE_URL"),
        (pool_too_large, "connections", "Lower DB_POOL_SIZE"),
        (disk_full, "disk", "Make room"),
        (storage_full, "storage", "Make room"),
        (nonsense, "settings", "README"),
        (subscription_gone, "webhook", "c2s_webhooks subscribe"),
    ],
)
def test_what_is_broken_is_found_and_nothing_else(
    installation: Sandbox, settings: Settings, breaks: Any, about: str, do: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "_SPILL", house._SPILL)
    pool, applied = connection.settings_dict["OPTIONS"]["pool"]["max_size"], _migrations()
    breaks(settings, installation)
    try:
        status, found = examined()
    finally:
        connection.settings_dict["OPTIONS"]["pool"]["max_size"] = pool
        _put_back(applied)
    assert (status, sick(found)) == (1, {about: "failed"})
    assert do in found[about]["do"]


def test_a_provider_that_staff_switched_off_is_told_as_such(installation: Sandbox, settings: Settings) -> None:
    ProviderGate.objects.update_or_create(provider="work_api", defaults={"enabled": False})
    status, found = examined()
    assert (status, sick(found)) == (0, {"Work API": "warning"})
    assert found["Work API"]["says"] == "not asked: switched off by staff"


def _migrations() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("select app, name, applied from django_migrations where app = 'webhooks'")
        return cursor.fetchall()


def _put_back(applied: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where app = 'webhooks'")
        cursor.executemany("insert into django_migrations (app, name, applied) values (%s, %s, %s)", applied)


def test_without_a_database_the_rest_is_still_looked_at() -> None:
    address = "postgres://made-up:made-up-password@127.0.0.1:9/nowhere"
    ended = manage("doctor", "--json", env=environment(DB_URL=address, APP_ENV="development", REDIS_URL=""))
    found = {finding["about"]: finding for finding in json.loads(ended.stdout)["findings"]}
    assert ended.returncode == 1
    assert found["database"]["says"] == "cannot be reached: nobody listens there"
    assert {about for about, finding in found.items() if finding["state"] == "unknown"} == {
        "storage", "migrations", "clock", "connections", "notifications", "worker", "alerts", "analytics", "C2S",
        "Diretrix", "Work API", "webhook",
    }  # fmt: skip
    assert found["disk"]["state"] == "ok"
    assert "made-up-password" not in ended.stdout + ended.stderr


def test_settings_that_cannot_be_read_are_told_in_the_same_form() -> None:
    ended = manage("doctor", "--json", env=environment(without=["C2S_TOKEN"]))
    (only,) = json.loads(ended.stdout)["findings"]
    assert (ended.returncode, only["about"], only["state"]) == (1, "settings", "failed")
    assert only["says"].endswith("missing: C2S_TOKEN")
    assert ended.stderr == ""


@pytest.mark.parametrize(("apart", "state"), [(0.4, "ok"), (-1.9, "ok"), (-40, "failed"), (7, "failed")])
def test_clocks_may_differ_by_two_seconds(apart: float, state: str) -> None:
    assert clock_told(apart).state == state
