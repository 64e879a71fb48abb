"""pytest plugin: the embedded PostgreSQL and Redis for the session, before Django's settings are read.

Enabled with `-p tests.services`; `DB_URL` and `REDIS_URL` from outside are used as they are.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.addresses import at_database

VALUES = {
    "APP_ENV": "development",
    "SECRET_KEY": "only-for-tests-" + "k" * 40,
    "WEBHOOK_SECRET": "only-for-tests-webhook",
    "GOOGLE_ADS_WEBHOOK_KEY": "only-for-tests-google",
    # a busy test machine is no outage
    "CACHE_TIMEOUT_MS": "3000",
    "C2S_TOKEN": "sandbox",
    "WORK_API": "sandbox",
    "DIRETRIX_USER": "sandbox",
    "DIRETRIX_PASS": "sandbox",
    # The discard port: a test that forgot its sandbox fails at once and reaches nobody.
    "C2S_BASE_URL": "http://127.0.0.1:9/c2s",
    "DIRETRIX_BASE_URL": "http://127.0.0.1:9/diretrix",
    "WORK_API_BASE_URL": "http://127.0.0.1:9/work",
}

# each has a browser, servers and connections of its own; more of them would only wait for each other
MOST_PROCESSES = 8
QUOTA = Path("/sys/fs/cgroup/cpu.max")


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: of its time each waits a fifth for what it started."""
    return min(MOST_PROCESSES, 1 + max(1, min(len(os.sched_getaffinity(0)), processors_allowed())))


def processors_allowed() -> int:
    """A container may see all processors of its machine, and be given the time of two."""
    try:
        quota, period = QUOTA.read_text().split()
        return -(-int(quota) // int(period))
    except (OSError, ValueError):
        return MOST_PROCESSES


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        _take_own_redis(worker)
        return
    os.environ.update(VALUES)
    _start(early_config)


def _start(config: pytest.Config) -> None:
    # Not at the top: what this plugin imports would escape the measuring.
    from c2s_enrich.embedded.services import start_services
    from tests.template import Template

    folder = Path(tempfile.mkdtemp(prefix="c2s-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["DATA_DIR"] = str(folder)
    outside = os.environ.get("DB_URL") or os.environ.get("DATABASE_URL")
    services = start_services(
        folder, with_postgres=not outside, with_redis=not os.environ.get("REDIS_URL"), durable=False
    )
    config.add_cleanup(services.stop)
    found = {"DB_URL": services.db_url, "REDIS_URL": services.redis_url}
    os.environ.update({name: value for name, value in found.items() if value})
    if services.db_url and getattr(config.known_args_namespace, "numprocesses", None):
        template = Template(services.db_url, folder / "log" / "template.log")
        config.add_cleanup(template.stop)
        config.pluginmanager.register(template)


def _take_own_redis(worker: str) -> None:
    """gw0 gets database 1 and so on, so that one worker's flush empties nobody else's cache."""
    if url := os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = redis_url_with_database(url, int(worker.removeprefix("gw")) + 1)


def redis_url_with_database(url: str, number: int) -> str:
    if url.startswith("unix:"):
        return f"{url.partition('?')[0]}?db={number}"
    return at_database(url, number)
