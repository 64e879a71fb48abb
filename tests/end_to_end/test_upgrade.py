"""The previous release's code on today's tables, and today's migrations back and forth.

"Previous" is the last tag; before the first one, the code just before the newest migration was added.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tests.addresses import at_database
from tests.production import ROOT
from tests.test_migrations import OURS
from tests.web_server import database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.chaos]
THIN_LINE = ("tests/end_to_end/test_thin_line.py", "tests/enrichment/test_pipeline.py")
# what `pytest --reuse-db` calls the database of a test
NAME, TESTED = "c2s_upgrade", "test_c2s_upgrade"
SHAPES = """
select 'column', table_name || '.' || column_name, udt_name || ' ' || is_nullable || coalesce(column_default, '')
from information_schema.columns where table_schema = 'public'
union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
union all select 'constraint', conname, pg_get_constraintdef(oid) from pg_constraint
  where connamespace = 'public'::regnamespace
union all select 'trigger', tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
"""


def git(*words: str) -> bytes:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"git cannot tell of the previous release: {done.stderr.decode().strip() or words}")
    return done.stdout


def previous_release() -> str:
    if tags := git("tag", "--sort=-creatordate", "--merged", "HEAD").decode().split():
        return tags[0]
    newest = git("log", "-1", "--format=%H", "--diff-filter=A", "--", "*/migrations/0*.py").decode().strip()
    if not newest or git("rev-parse", "--is-shallow-repository").strip() == b"true":
        pytest.skip("this clone is shallow: it does not have the previous release")
    return f"{newest}^"


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("previous")
    archive = git("archive", "--format=tar", previous_release())
    subprocess.run(["tar", "--extract", "--directory", str(folder)], input=archive, check=True)
    return folder


def address(name: str) -> str:
    return at_database(database_url(), name)


@pytest.fixture
def migrated(transactional_db: None) -> Iterator[str]:
    """Today's tables in a database of their own."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"drop database if exists {TESTED} with (force)")
        cursor.execute(f"create database {TESTED} template template0")
    manage("migrate")
    yield TESTED
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"drop database {TESTED} with (force)")


def manage(*words: str) -> str:
    command = [sys.executable, "manage.py", *words]
    env = os.environ | {"DB_URL": address(TESTED), "DATABASE_URL": ""}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shapes() -> set[tuple[str, str, str]]:
    with psycopg.connect(address(TESTED)) as there:
        return set(there.execute(SHAPES).fetchall())  # type: ignore[arg-type]


def test_the_previous_release_takes_a_lead_all_the_way_on_todays_tables(migrated: str, previous: Path) -> None:
    before = shapes()
    env = os.environ | {"DB_URL": address(NAME), "DATABASE_URL": ""}
    env.pop("PYTEST_XDIST_WORKER", None)
    command = [sys.executable, "-m", "pytest", "-q", "--reuse-db", "-p", "no:cacheprovider", *THIN_LINE]
    done = subprocess.run(command, cwd=previous, env=env, capture_output=True, text=True, check=False)
    print(git("log", "-1", "--format=%h %s", previous_release()).decode(), done.stdout[-300:])  # noqa: T201
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
    assert shapes() == before


def test_the_newest_migration_of_each_app_goes_back_and_forth_and_leaves_what_it_found(migrated: str) -> None:
    manage("seed_synthetic", "--scale", "0.0002")
    before, rows = shapes(), counted()
    assert rows["parties"] > 100
    graph = MigrationLoader(None).graph
    for app, newest in sorted(graph.leaf_nodes()):
        if app in OURS:
            earlier = [name for label, name in graph.node_map[app, newest].parents if label == app]
            manage("migrate", app, earlier[0][:4] if earlier else "zero")
            assert shapes() != before, app
            manage("migrate")
            assert shapes() == before, app
    assert {name: counted()[name] for name in ("parties", "leads", "runs")} == {
        name: rows[name] for name in ("parties", "leads", "runs")
    }


def counted() -> dict[str, int]:
    with psycopg.connect(address(TESTED)) as there:
        return {
            name: there.execute(f"select count(*) from {name}").fetchone()[0]  # type: ignore[index]
            for name in ("parties", "party_contacts", "leads", "runs")
        }
