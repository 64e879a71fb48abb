"""A role for BI tools reads the views and nothing else, and of people only what it was given."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from pytest_django import Settings

from enrichment.analytics.making import views_make
from enrichment.analytics.readers import reader_make, readers
from enrichment.analytics.refreshing import views_refresh
from enrichment.analytics.views import views
from tests.enrichment.analytics.known import everything_known, one, rows
from tests.production import ROOT

pytestmark = pytest.mark.django_db

BI = (ROOT / "docs/bi.md").read_text()
STATEMENTS = re.findall(r"^```sql\n(.*?)^```", BI, re.MULTILINE | re.DOTALL)
_READABLE = """
select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
  and has_schema_privilege(%(role)s, n.oid, 'usage')
  and case when c.relkind = 'S' then has_sequence_privilege(%(role)s, c.oid, 'select,usage,update')
    else has_any_column_privilege(%(role)s, c.oid, 'select,insert,update')
      or has_table_privilege(%(role)s, c.oid, 'insert,update,delete,truncate,trigger') end
"""
_COLUMNS = """
select a.attname as name from pg_attribute a where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""


@pytest.fixture
def name() -> str:
    """Roles are the server's, and other tests run on it."""
    return f"bi_{uuid4().hex[:8]}"


@contextmanager
def acting_as(role: str) -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'set local role "{role}"')
        yield
        cursor.execute("reset role")


def columns(view: str) -> list[str]:
    return [row["name"] for row in rows(_COLUMNS, view)]


def refused(query: str) -> bool:
    try:
        with transaction.atomic():
            rows(query)
    except ProgrammingError as error:
        return "permission denied" in str(error)
    return False


@pytest.mark.parametrize("people", [False, True])
def test_a_role_reads_the_two_schemas_and_of_people_what_it_was_given(name: str, people: bool) -> None:
    reader_make(name, people=people)
    with connection.cursor() as cursor:
        cursor.execute(_READABLE, {"role": name})
        assert {found for (found,) in cursor.fetchall()} == {view.name for view in views()}
    readable = {view: columns(view.name) for view in views()}
    views_refresh()
    with acting_as(name):
        for view, every in readable.items():
            assert set(view.of_people) <= set(every)
            figures = [column for column in every if column not in view.of_people]
            rows(f"select count(*), {', '.join(f'max({c}::text)' for c in figures)} from {view.name}")
            for column in view.of_people:
                assert refused(f"select {column} from {view.name}") is not people
        assert refused("select 1 from public.parties")
        assert refused("create table core.mine (id int)")


def test_a_view_that_is_made_again_is_readable_again(name: str) -> None:
    reader_make(name, people=False)
    with connection.cursor() as cursor:
        cursor.execute("drop view core.parties; drop materialized view core.mv_party_analytics")
    assert views_make() == ""
    views_refresh()
    with acting_as(name):
        assert rows("select id from core.parties") == rows("select party_id from core.mv_party_analytics") == []
        assert refused("select full_name from core.parties")


@pytest.mark.django_db(transaction=True)
def test_the_command_makes_a_role_shows_its_password_once_and_removes_it(name: str, settings: Settings) -> None:
    settings.BI_PASSWORD = ""
    said = StringIO()
    try:
        call_command("bi_role", "make", name, stdout=said)
        (password,) = re.findall(r"shown once: (\S{32})$", said.getvalue().strip())
        verifier = one("select rolpassword from pg_authid where rolname = %s", name)["rolpassword"]
        assert verifier.startswith("SCRAM-SHA-256$")
        place = {
            key: value for key, value in connection.get_connection_params().items() if key in ("host", "port", "dbname")
        }
        with psycopg.connect(**place, user=name, password=password) as there:
            assert there.execute("select count(*) from parties").fetchone() == (0,), "its search path is core"
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                there.execute("create temporary table mine (id int)")
        settings.BI_PASSWORD = "a-password-of-our-own"
        call_command("bi_role", "make", name, "--people", stdout=said)
        assert settings.BI_PASSWORD not in said.getvalue()
        assert readers()[name] is True
        call_command("bi_role", "list", stdout=said)
        assert re.search(rf"{name} +people and figures", said.getvalue())
    finally:
        call_command("bi_role", "remove", name, stdout=said)
    assert name not in readers()
    with pytest.raises(CommandError, match="no such role"):
        call_command("bi_role", "remove", name)


def test_the_command_touches_no_role_of_others_and_says_what_is_missing(name: str, settings: Settings) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"create role {name}_theirs; create role {name}_weak")
        for deed in ("make", "remove"):
            with pytest.raises(CommandError, match="did not make"):
                call_command("bi_role", deed, f"{name}_theirs")
        with acting_as(f"{name}_weak"), pytest.raises(CommandError, match="may not make roles"), transaction.atomic():
            call_command("bi_role", "make", name)
        settings.BI_PASSWORD = "short"
        with pytest.raises(CommandError, match="less than 12"):
            call_command("bi_role", "make", name)
        settings.BI_PASSWORD = ""
        cursor.execute("drop schema core cascade; drop schema analytics cascade")
    with pytest.raises(CommandError, match="no views for analytics"):
        call_command("bi_role", "make", name)


def test_every_statement_of_the_document_runs_for_whom_it_says(name: str) -> None:
    reader_make(name, people=False)
    reader_make(f"{name}_people", people=True)
    everything_known()
    views_refresh()
    *figures, of_people = STATEMENTS
    with acting_as(name):
        assert all(rows(statement) for statement in figures if "having" not in statement)
        assert refused(of_people)
    with acting_as(f"{name}_people"):
        assert one(of_people)["full_name"] == "Marina Alves"


def test_the_document_lists_every_column_and_which_are_of_people() -> None:
    for view in views():
        figures = [column for column in columns(view.name) if column not in view.of_people]
        withheld = [column for column in columns(view.name) if column in view.of_people]
        line = f"| `{view.name}` | {', '.join(figures)} | {', '.join(withheld)} |"
        assert line in BI, f"put this line into docs/bi.md, having asked whether BI may see it:\n{line}"
