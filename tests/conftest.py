"""The personas and the one seam: a sandbox that plays the providers over real HTTP."""

import gc
import io
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.db.models.functions import Now
from django.test import Client, TransactionTestCase
from pytest_django import DjangoDbBlocker, Settings

from c2s_enrich import counters, known_keys, sealed_cache, throttling
from c2s_enrich.logs import logging_config
from c2s_enrich.models import Scope, api_key_make
from c2s_enrich.privacy import access_log
from enrichment.models import Run, RunState
from enrichment.pipeline import run_perform
from enrichment.providers.c2s import client as c2s
from enrichment.providers.diretrix import client as diretrix
from enrichment.providers.work_api import client as work_api
from enrichment.sandbox import Sandbox
from tests.template import template

WEBHOOK_SECRET = "a-secret-for-tests"
# the names of files and folders
_LONG = (
    *("test_make_run", "browser", "end_to_end", "test_real_processes", "test_services", "test_import_legacy"),
    *("test_schemathesis", "test_role_reach", "test_admin", "test_admin_leads", "test_access_log", "test_contract"),
)


# Enough made-up values to notice what breaks, the same in every run: a change is never blamed for what chance found.
# More of them, and others each time, by the variable.
hypothesis.settings.register_profile(
    "suite",
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "60")),
    derandomize="HYPOTHESIS_EXAMPLES" not in os.environ,
    database=None,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("suite")


def pytest_configure() -> None:
    gc.disable()
    # whitenoise warns of a missing folder, and warnings are errors here
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    # a password that takes a third of a second to check is for real ones
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long goes first, so that no process is left with it at the end."""
    if alike := [name for name, times in Counter(item.nodeid for item in items).items() if times > 1]:
        raise pytest.UsageError(f"Of tests of the same name pytest-xdist runs one: {alike[0]}")
    items.sort(key=_turn)


def pytest_collection_finish() -> None:
    """What was imported and collected stays: no test is held up by a look through it for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    gc.enable()


def _turn(item: pytest.Item) -> int:
    names = {*item.path.parts, item.path.stem}
    return next((turn for turn, name in enumerate(_LONG) if name in names), len(_LONG))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    connection.settings_dict["TEST"]["TEMPLATE"] = template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A live server's threads may still hold pooled connections: the test database could not be dropped."""
    yield
    with django_db_blocker.unblock():
        # the pool first: it would replace what is lost
        connection.close()
        connection.close_pool()
        with connection._nodb_cursor() as cursor:
            name = connection.settings_dict["NAME"]
            cursor.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[Sandbox]:
    """C2S, Diretrix and Work API, played on a free port."""
    with Sandbox(port=0) as played:
        settings.C2S_BASE_URL = played.c2s_url
        settings.DIRETRIX_BASE_URL = played.diretrix_url
        settings.WORK_API_BASE_URL = played.work_api_url
        settings.C2S_RATE = "0"
        settings.C2S_TOKEN = "c2s-token-of-the-tests"
        settings.WORK_API = "work-token-of-the-tests"
        settings.DIRETRIX_USER, settings.DIRETRIX_PASS = "diretrix-user", "diretrix-pass-of-the-tests"
        _fresh_doors()
        yield played
    _fresh_doors()


def _fresh_doors() -> None:
    for client in (c2s, diretrix, work_api):
        client.door.cache_clear()


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    sealed_cache._breaker = sealed_cache._Breaker()
    # no thread of its own: it would meet the Redis that some tests stop
    counters._tally = counters.Tally(hand_over_every=0)
    access_log._pending = access_log.Pending(every=0)
    known_keys._known.clear()
    throttling._alone = throttling.Failures()
    cache.clear()
    sealed_cache._believed.generation = None


@pytest.fixture
def within_one_hour() -> None:
    """Real clocks tell real hours: what is counted by the hour or the day may not meet the end of one."""
    left = 3600 - time.time() % 3600
    if left < 20:
        time.sleep(left + 0.1)


@pytest.fixture
def webhook(client: Client, settings: Settings) -> Callable[..., Any]:
    """Post a body to the C2S door with the right secret."""
    settings.WEBHOOK_SECRETS = [WEBHOOK_SECRET]

    def post(body: Any, **headers: str) -> Any:
        headers = {"X-Webhook-Token": WEBHOOK_SECRET} | headers
        return client.post("/api/v1/webhooks/c2s", body, content_type="application/json", headers=headers)

    return post


@pytest.fixture
def key(db: None) -> str:
    return api_key_make(name="tests", scopes=Scope.values, rate_per_second=0)[1]


@pytest.fixture
def worker_alive(transactional_db: None) -> Iterator[None]:
    """Its heartbeat, which nothing else takes away again."""
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (now())")
    yield
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_workers")


@pytest.fixture
def perform() -> Callable[..., Run]:
    """Carry a run through and read it back."""

    def carry(run: Run) -> Run:
        Run.objects.filter(pk=run.pk, state=RunState.QUEUED).update(next_at=Now())  # as if its time had come
        run_perform(run.pk)
        return Run.objects.select_related("lead", "lead__party").get(pk=run.pk)

    return carry


@pytest.fixture
def written() -> Iterator[Callable[[bool], Callable[[], list[str]]]]:
    """Set the logs up anew, in JSON or for a terminal, and read what they wrote."""
    structlog.contextvars.clear_contextvars()
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()

    def set_up(as_json: bool) -> Callable[[], list[str]]:
        with redirect_stdout(stream):
            logging_config(level="INFO", as_json=as_json)
        return lambda: stream.getvalue().splitlines()

    yield set_up
    with redirect_stdout(sys.__stdout__ or stream):
        logging_config(level=django_settings.LOG_LEVEL, as_json=django_settings.PRODUCTION)
    structlog.configure(**before)
    root.handlers[:], root.level = handlers, level


# What migrations and `post_migrate` make stays: making it anew after every test cost a quarter of a second each.
_KEPT = ("django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions")
_EMPTY = """
do $$ declare name text; filled boolean; begin
  set local session_replication_role = replica;
  for name in select c.relname from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
    and c.relname not like 'procrastinate%%' and c.relname <> all (array[{kept}])
  loop
    execute format('select exists (select from %%I)', name) into filled;
    if filled then execute format('delete from %%I', name); end if;
  end loop;
end $$
""".format(kept=", ".join(f"'{name}'" for name in _KEPT)).replace("%%", "%")


def _emptied(self: TransactionTestCase) -> None:
    """In place of a TRUNCATE of every table: most are empty, and emptying those is what takes the time."""
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)


TransactionTestCase._fixture_teardown = _emptied  # type: ignore[method-assign]
