"""A backup is worth what its restore brings back."""

import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from enrichment.intake import Arrival, leads_take_in
from enrichment.models import Lead, Run, Source, Trigger
from enrichment.providers.c2s.schemas import LeadCard
from tests.addresses import at_database
from tests.production import environment, manage
from tests.web_server import database_url

pytestmark = pytest.mark.django_db(transaction=True)
ELSEWHERE = "c2s_restored"


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of another database, which is empty."""
    name = f"{ELSEWHERE}_{connection.settings_dict['NAME']}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'drop database if exists "{name}" with (force)')
        cursor.execute(f'create database "{name}" template template0')
    yield at_database(database_url(), name)
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'drop database "{name}" with (force)')


def tables(**place: str) -> dict[str, int]:
    """How many rows each table has."""
    asked = connection.get_connection_params() | place
    count = "select count(*) from public.{}"
    with psycopg.connect(**asked) as there:
        names = there.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        return {str(n): there.execute(count.format(f'"{n}"')).fetchone()[0] for (n,) in names}  # type: ignore[index]


def settings_of(address: str) -> dict[str, str]:
    return environment(APP_ENV="development", DB_URL=address, REDIS_URL="")


def test_everything_is_back_and_the_release_finds_its_tables(tmp_path: Path, elsewhere: str) -> None:
    file = tmp_path / "night.dump"
    leads_take_in(arrivals=[Arrival(LeadCard("kept", name="Ána"))], source=Source.C2S, trigger=Trigger.WEBHOOK)
    before = tables()
    call_command("backup", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    Run.objects.all().delete()
    Lead.objects.all().delete()

    restored = manage("restore", str(file), env=settings_of(elsewhere))
    assert restored.returncode == 0, restored.stderr
    name = urlsplit(elsewhere).path.removeprefix("/")
    assert tables(dbname=name) == before
    assert (before["leads"], before["runs"], before["procrastinate_jobs"] > 0) == (1, 1, True)
    assert manage("migrate", "--check", env=settings_of(elsewhere)).returncode == 0

    again = manage("restore", str(file), env=settings_of(elsewhere))
    assert (again.returncode, "is not empty" in again.stderr) == (1, True)
    replaced = manage("restore", "--replace", str(file), env=settings_of(elsewhere))
    assert (replaced.returncode, tables(dbname=name)) == (0, before), replaced.stderr


def test_a_file_that_is_none_of_ours_takes_nothing_away(tmp_path: Path) -> None:
    file = tmp_path / "not.dump"
    file.write_text("something else")
    before = tables()
    with pytest.raises(CommandError, match="pg_restore failed"):
        call_command("restore", "--replace", str(file))
    assert tables() == before


def test_a_backup_that_fails_leaves_no_file(tmp_path: Path) -> None:
    address = "postgres://made-up:made-up-password@127.0.0.1:9/nowhere"
    refused = manage("backup", str(tmp_path / "night.dump"), env=settings_of(address))
    assert refused.returncode == 1
    assert "pg_dump failed" in refused.stderr
    assert "made-up-password" not in refused.stderr + refused.stdout
    assert list(tmp_path.iterdir()) == []
