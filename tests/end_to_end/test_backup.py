"""A backup is worth what its restore brings back, and a restore that fails has changed nothing."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.addresses import at_database
from tests.c2s_enrich.embedded.processes import ROOT, eventually
from tests.production import environment, manage
from tests.stock_servers import majors, stock_postgres

LEADS = 300
MARINA, MARINAS_PHONE = "52998224725", "+5511987654321"
# in a process of its own, on the database of its settings
SEED = f"""
from enrichment.intake import Arrival, leads_take_in
from enrichment.models import Lead, Source, Trigger
from enrichment.providers.c2s.schemas import LeadCard
from parties.models import ContactType, Kind, Party, PartyContact
cards = [LeadCard(f"lead-{{n}}", name=f"Ána {{n}} 'de\\\\tSá'", phone="119%08d" % (n + 10**6)) for n in range({LEADS})]
leads_take_in(arrivals=[Arrival(card) for card in cards], source=Source.C2S, trigger=Trigger.WEBHOOK)
marina = Party.objects.create(kind=Kind.PERSON, cpf_cnpj="{MARINA}", name="MARINA ALVES PRADO")
PartyContact.objects.create(party=marina, contact_type=ContactType.PHONE, value="{MARINAS_PHONE}")
Lead.objects.filter(lead_id="lead-7").update(party=marina, customer_name="Marina")
"""
ERASE = f"""
from parties.identifiers import CPF
from parties.models import Wish
from parties.requests.deeds import erasure_order, erasure_perform, request_take
asked = request_take(wish=Wish.ERASURE, cpf=CPF.parse("{MARINA}"), why="by letter", by="officer")
erasure_order(request=asked, by="officer")
assert erasure_perform(asked.pk)
"""
RELEASE = f"""
from parties.identifiers import CPF
from parties.models import Wish
from parties.requests.deeds import release_perform, request_take
asked = request_take(wish=Wish.RELEASE, cpf=CPF.parse("{MARINA}"), why="by letter", by="officer")
assert release_perform(request=asked, by="officer")
"""
WAITING = "select 1 from pg_locks where not granted and relation = 'leads'::regclass"
Contents = dict[str, tuple[int, str]]


class Server:
    """A database with three hundred leads in it, and what `manage.py` needs to work with it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.dump = str(folder / "night.dump")
        self.env = environment(APP_ENV="development", DB_URL=url, REDIS_URL="", DATA_DIR=str(folder))

    @property
    def major(self) -> int:
        with psycopg.connect(self.url) as there:
            return there.info.server_version // 10_000

    def manage(self, *words: str, **settings: str) -> str:
        done = manage(*words, env=self.env | settings)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *words: str, **settings: str) -> str:
        done = manage(*words, env=self.env | settings)
        assert done.returncode == 1, done.stdout
        assert "Traceback" not in done.stderr
        return done.stderr.strip()

    def execute(self, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as there:
            for statement in statements:
                there.execute(statement)  # type: ignore[call-overload]

    def contents(self) -> Contents:
        """How many rows each table has, and what stands in them."""
        told = "select count(*), coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from public.{} t"
        with psycopg.connect(self.url) as there:
            names = there.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
            return {n: there.execute(told.format(f'"{n}"')).fetchone() for (n,) in names}  # type: ignore[call-overload, misc]


@contextmanager
def another_database() -> Iterator[str]:
    """On the server of the session."""
    server = os.environ["DB_URL"]
    name = f"of_the_backup_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as there:
        there.execute(f"create database {name} template template0")
        yield at_database(server, name)
        there.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module", params=["embedded", 15, 16, 17, 18])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("restoring")
    with ExitStack() as there:
        if request.param == "embedded":
            url = there.enter_context(another_database())
        elif request.param in majors():
            url, _process = there.enter_context(stock_postgres(folder / "server", request.param))
        else:
            pytest.skip(f"the server of PostgreSQL {request.param} is not installed here")
        server = Server(url, folder)
        server.manage("migrate", "--verbosity", "0")
        server.manage("shell", "-c", SEED)
        server.manage("backup", server.dump)
        yield server


def test_everything_is_back_as_it_was(server: Server) -> None:
    assert stat.S_IMODE(Path(server.dump).stat().st_mode) == 0o600
    before = server.contents()
    assert before["leads"][0] == LEADS
    server.execute("truncate leads cascade", "update parties set name = 'SOMEBODY ELSE'")
    assert "is not empty" in server.refused("restore", server.dump)
    server.manage("restore", "--replace", server.dump)
    assert server.contents() == before
    assert server.manage("migrate", "--check") == ""
    # and once more, from a backup of what was restored
    server.manage("backup", f"{server.dump}.again")
    server.manage("restore", "--replace", f"{server.dump}.again")
    assert server.contents() == before


def test_an_empty_database_needs_no_leave_to_be_filled(server: Server) -> None:
    before = server.contents()
    server.execute("drop schema public cascade", "create schema public")
    server.manage("restore", server.dump)
    assert server.contents() == before


def test_a_file_that_ends_too_early_takes_nothing_away(server: Server) -> None:
    server.execute("update leads set customer_name = 'typed since'")
    before = server.contents()
    whole = Path(server.dump).read_bytes()
    broken = server.folder / "broken.dump"
    for content in (whole[: len(whole) // 3], b"something else"):
        broken.write_bytes(content)
        assert "pg_restore failed" in server.refused("restore", "--replace", str(broken))
        assert server.contents() == before


def test_a_restore_that_fails_half_way_takes_nothing_away(server: Server) -> None:
    """Where indexes come, all the rows are in already."""
    before = server.contents()
    server.execute(
        "create schema if not exists elsewhere",
        "create or replace function elsewhere.fail() returns event_trigger language plpgsql as"
        " $$ begin raise exception 'no index today'; end $$",
        "create event trigger failing on ddl_command_end when tag in ('CREATE INDEX')"
        " execute function elsewhere.fail()",
    )
    said = server.refused("restore", "--replace", server.dump)
    server.execute("drop event trigger failing")
    assert said.startswith("CommandError: Nothing was changed: ERROR:  no index today")
    assert server.contents() == before


def test_whoever_kills_a_restore_has_changed_nothing(server: Server) -> None:
    before = server.contents()
    with psycopg.connect(server.url) as holding:
        holding.execute("lock table leads in access share mode")
        restoring = subprocess.Popen(
            [sys.executable, "manage.py", "restore", "--replace", server.dump], env=server.env, cwd=ROOT
        )
        eventually(lambda: bool(holding.execute(WAITING).fetchone()))
        restoring.kill()
        restoring.wait()
    assert eventually(lambda: server.contents() == before)


def test_a_database_in_use_is_told_and_left_alone(server: Server) -> None:
    before = server.contents()
    with psycopg.connect(server.url) as holding:
        holding.execute("lock table leads in access share mode")
        said = server.refused("restore", "--replace", server.dump)
    assert said == "CommandError: Nothing was changed: ERROR:  canceling statement due to lock timeout"
    assert server.contents() == before


def test_programs_of_another_version_are_refused_before_anything_is_touched(server: Server, tmp_path: Path) -> None:
    pretending = tmp_path / "pg_dump"
    pretending.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 14.2'\n")
    pretending.chmod(0o755)
    before = server.contents()
    for words in (("restore", "--replace", server.dump), ("backup", str(tmp_path / "x.dump"))):
        said = server.refused(*words, PG_BIN_DIR=str(tmp_path))
        assert "no pg_dump of that version is here (there is: 14)" in said
    assert server.contents() == before
    assert not (tmp_path / "x.dump").exists()


def test_whoever_was_erased_after_the_backup_stays_erased(server: Server) -> None:
    server.manage("restore", "--replace", server.dump)
    server.manage("shell", "-c", ERASE)
    log = server.folder / "erasures.log"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert not [told for told in (MARINA, "987654321", "lead-7") if told in log.read_text()]
    kept = "select count(*) from parties where cpf_cnpj = %s"
    hashes = "select array_agg(digest order by digest) from suppressed"
    with psycopg.connect(server.url) as there:
        suppressed = there.execute(hashes).fetchone()

    told = server.manage("restore", "--replace", server.dump)
    assert "Forgotten again, for they were erased after the backup was made: 1." in told
    with psycopg.connect(server.url) as there:
        assert there.execute(kept, [MARINA]).fetchone() == (0,)
        assert there.execute(hashes).fetchone() == suppressed
        assert there.execute("select count(*) from leads where customer_name = 'Marina'").fetchone() == (0,)

    # who wants to be known again is not let go a second time
    server.manage("shell", "-c", RELEASE)
    assert "Forgotten again" not in server.manage("restore", "--replace", server.dump)
    with psycopg.connect(server.url) as there:
        assert there.execute(kept, [MARINA]).fetchone() == (1,)
    log.unlink()


def test_a_backup_of_a_newer_server_is_refused(server: Server, tmp_path: Path) -> None:
    told = (tmp_path / "pg_restore", tmp_path / "pg_dump")
    told[0].write_text("#!/bin/sh\necho ';     Dumped from database version: 99.1'\n")
    told[1].write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {server.major}.1'\n")
    for program in told:
        program.chmod(0o755)
    said = server.refused("restore", "--replace", server.dump, PG_BIN_DIR=str(tmp_path))
    assert said == (
        f"CommandError: The backup is of PostgreSQL 99, and the server is {server.major}: it needs a newer one."
    )


def test_a_backup_that_fails_leaves_no_file(tmp_path: Path) -> None:
    address = "postgres://made-up:made-up-password@127.0.0.1:9/nowhere"
    env = environment(APP_ENV="development", DB_URL=address, REDIS_URL="")
    refused = manage("backup", str(tmp_path / "night.dump"), env=env)
    assert refused.returncode == 1
    assert refused.stderr.strip() == "CommandError: The database of DB_URL cannot be reached: nobody listens there."
    assert list(tmp_path.iterdir()) == []
