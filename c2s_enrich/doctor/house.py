"""The house itself: settings, database, migrations, Redis, clock, disk."""

import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psycopg
import redis
from django.conf import settings
from django.core import checks
from django.db import OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from c2s_enrich.disk_full import FULL, driver_word
from c2s_enrich.doctor.findings import DATABASE, Finding, State, examined
from c2s_enrich.unreachable import reason_in

OLDEST_POSTGRESQL = 15
# log-in codes and what the doors may be late by bear a few seconds, leases none to speak of
CLOCKS_APART = 2.0
_MB = 1024 * 1024


@examined("settings", needs_database=False)
def settings_make_sense() -> Iterator[Finding]:
    found = checks.run_checks(include_deployment_checks=settings.PRODUCTION)
    for told in found:
        state: State = "failed" if told.is_serious() else "warning"
        yield Finding("settings", state, f"{told.msg} ({told.id})", told.hint or "See the README's table of settings.")
    if not found:
        says = "production" if settings.PRODUCTION else "development"
        yield Finding("settings", "ok", f"complete, for {says}")


@examined(DATABASE, needs_database=False)
def database_answers() -> Iterator[Finding]:
    """On a connection of its own: a pool tries again and again, and forgets why it failed."""
    try:
        with psycopg.connect(**connection.get_connection_params()) as asked:
            # a pooler lets us in, whether or not there is a database behind it
            asked.execute("select 1")
            number, encoding = asked.info.server_version, asked.info.parameter_status("server_encoding")
    except psycopg.Error as error:
        says = f"cannot be reached: {reason_in(error)}"
        yield Finding(DATABASE, "failed", says, "Look at DB_URL, and whether PostgreSQL runs.")
        return
    says = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    if number // 10_000 < OLDEST_POSTGRESQL:
        yield Finding(DATABASE, "failed", f"{says} is too old", f"Move to {OLDEST_POSTGRESQL} or newer.")
    elif encoding != "UTF8":
        yield Finding(DATABASE, "failed", f"its encoding is {encoding}", "Make the database anew with UTF8.")
    else:
        yield Finding(DATABASE, "ok", says)


# spills over into files on the database's disk, and leaves nothing there
_SPILL = "set local work_mem = '64kB'; select count(*) from (select n from generate_series(1, 200000) n order by -n) s"


@examined("storage")
def the_databases_disk_has_room() -> Iterator[Finding]:
    """A full one still answers what is read."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SPILL)
    except OperationalError as error:
        if driver_word(error) != FULL:
            raise
        says = "no room is left on the database's disk: nothing can be stored"
        do = "Make room there, then run `manage.py reconcile`: it takes in what C2S sent in vain."
        yield Finding("storage", "failed", says, do)
    else:
        yield Finding("storage", "ok", "the database has room to write")


@examined("migrations")
def tables_are_those_of_this_release() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    unknown = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
    known_apps = {app for app, _name in executor.loader.disk_migrations}
    newer = [name for app, name in unknown if app in known_apps]
    if missing:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _backwards in missing[:5])
        yield Finding("migrations", "failed", f"{len(missing)} not applied: {names}", "Run `manage.py migrate`.")
    elif newer:
        says = f"the database is ahead of this release by {len(newer)}"
        yield Finding("migrations", "warning", says, "Start the release that applied them.")
    else:
        yield Finding("migrations", "ok", "all applied")


@examined("redis", needs_database=False)
def redis_answers() -> Iterator[Finding]:
    if not settings.REDIS_URL:
        says = "REDIS_URL is not set: each process has a small cache of its own"
        yield Finding("redis", "warning", says, "Set REDIS_URL, so that all processes share one cache.")
        return
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as asked:
            memory, server = asked.info("memory"), asked.info("server")
    except (redis.RedisError, OSError, ValueError) as error:
        says = f"does not answer ({type(error).__name__}): every look-up goes to the database"
        yield Finding("redis", "failed", says, "Look at REDIS_URL, and whether Redis runs. No data are lost.")
        return
    # Valkey gives the version of Redis that it is like, too
    name = f"Valkey {server['valkey_version']}" if "valkey_version" in server else f"Redis {server['redis_version']}"
    yield _memory_of(name, memory["maxmemory"], memory["maxmemory_policy"])


def _memory_of(name: str, limit: int, policy: str) -> Finding:
    if not limit:
        return Finding("redis", "warning", f"{name} has no memory limit", "Set its maxmemory, such as 256mb.")
    if not policy.startswith("allkeys-"):
        return Finding("redis", "warning", f"{name} evicts by {policy}", "Set its maxmemory-policy to allkeys-lru.")
    return Finding("redis", "ok", f"{name}, at most {limit // _MB} MB")


@examined("clock")
def clocks_agree() -> Iterator[Finding]:
    before = time.time()
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    yield clock_told(theirs.timestamp() - (before + time.time()) / 2)


def clock_told(apart: float) -> Finding:
    if abs(apart) > CLOCKS_APART:
        says = f"the database's clock is {apart:+.0f} s from ours"
        return Finding("clock", "failed", says, "Let both machines set their clocks by NTP.")
    return Finding("clock", "ok", f"within {CLOCKS_APART:.0f} s of the database's")


@examined("disk", needs_database=False)
def disk_has_room() -> Iterator[Finding]:
    """Ours; that of a database elsewhere is for whoever runs it."""
    place = next(path for path in (settings.DATA_DIR, *Path(settings.DATA_DIR).parents) if path.exists())
    free = shutil.disk_usage(place).free // _MB
    if free < settings.DISK_FREE_MIN_MB:
        says = f"{free} MB free at {place}, wanted are {settings.DISK_FREE_MIN_MB}"
        yield Finding("disk", "failed", says, "Make room there, or move DATA_DIR.")
    else:
        yield Finding("disk", "ok", f"{free} MB free at {place}")
