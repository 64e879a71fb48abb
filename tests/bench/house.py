"""What the figures need: a seeded database, the providers, web servers and workers, all gone in the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

import django

django.setup()

from django.conf import settings  # noqa: E402  Django's settings come first
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from c2s_enrich.embedded.child import die_with_parent  # noqa: E402
from c2s_enrich.models import Scope, api_key_make  # noqa: E402
from c2s_enrich.privacy.models import RetentionNight  # noqa: E402
from enrichment.sandbox import Sandbox  # noqa: E402
from enrichment.synthetic.loading import holds_data  # noqa: E402
from enrichment.synthetic.world import World  # noqa: E402
from tests.c2s_enrich.embedded.processes import ROOT, eventually  # noqa: E402
from tests.end_to_end.workers import Workers, environment  # noqa: E402
from tests.free_port import free_port  # noqa: E402

# the same people in every run
UNTIL = date(2026, 3, 1)
SMALL = 0.01
UPSTREAM = {"diretrix": 500, "work_api": 2000, "c2s": 100}


@dataclass
class House:
    folder: Path
    scale: float
    sandbox: Sandbox
    workers: Workers
    key: str

    @property
    def world(self) -> World:
        return World(1, self.scale, UNTIL)

    @property
    def small(self) -> World:
        return World(1, self.scale * SMALL, UNTIL)

    @contextmanager
    def web(self, *, processes: int = 2, threads: int = 8, preload: bool = False) -> Iterator["Web"]:
        """gunicorn as production starts it, with one bare view beside ours."""
        port = free_port()
        words = f"--bind 127.0.0.1:{port} --worker-class gthread --workers {processes} --threads {threads}"
        words += " --no-control-socket --graceful-timeout 2 --log-level error" + " --preload" * preload
        with (self.folder / "web.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "tests.bench.site:application", *words.split()],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | self.workers.env | {"WEB_THREADS": str(threads), "DB_POOL_SIZE": str(threads)},
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        web = Web(port, process)
        try:
            assert eventually(lambda: web.answers() and len(web.pids) == processes + 1, 60), "gunicorn did not start"
            yield web
        finally:
            process.terminate()
            process.wait(20)


@dataclass
class Web:
    port: int
    process: subprocess.Popen[bytes]

    @property
    def pids(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [self.process.pid, *map(int, children.split())]

    def answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def furnished(folder: Path, scale: float) -> Iterator[House]:
    _seeded(scale, None)
    _seeded(scale * SMALL, "small")
    _let_go()
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)
    key = api_key_make(name="bench", scopes=[Scope.LOOKUP, Scope.ENRICH, Scope.PII], rate_per_second=1_000_000)[1]
    with Sandbox() as sandbox:
        settings.C2S_BASE_URL, settings.DIRETRIX_BASE_URL = sandbox.c2s_url, sandbox.diretrix_url
        settings.WORK_API_BASE_URL = sandbox.work_api_url
        lease = {"RUN_LEASE_SECONDS": str(settings.RUN_LEASE_SECONDS)}
        workers = Workers(environment(sandbox) | {"DB_POOL_SIZE": "20"} | lease, folder)
        try:
            yield House(folder, scale, sandbox, workers, key)
        finally:
            workers.end()
            connection.close_pool()  # type: ignore[attr-defined]


def database(name: str | None) -> str:
    """The address of the whole database, or of the one beside it."""
    whole = urlsplit(os.environ["DB_URL"])
    return urlunsplit(whole._replace(path=f"/{name}") if name else whole)


def _seeded(scale: float, name: str | None) -> None:
    """The whole one here, the small one by a process of its own, whose settings point to it."""
    if name is None:
        call_command("migrate", verbosity=0)
        if not holds_data():
            call_command("seed_synthetic", scale=scale, until=UNTIL)
            _vacuum()
        return
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_database where datname = %s", [name])
        if cursor.fetchone():
            return
        cursor.execute(f'create database "{name}"')
    manage = [sys.executable, str(ROOT / "manage.py")]
    env = os.environ | {"DB_URL": database(name)}
    for words in (["migrate", "-v0"], ["seed_synthetic", "--scale", str(scale), "--until", str(UNTIL)]):
        subprocess.run([*manage, *words], env=env, cwd=ROOT, check=True)


def _let_go() -> None:
    """The night's letting go of old rows, which a worker would begin after a minute, is part of no figure."""
    now = timezone.now()
    RetentionNight.objects.update_or_create(day=timezone.localdate(), defaults={"began_at": now, "finished_at": now})


def _vacuum() -> None:
    """What autovacuum would do in the minutes to come, and would disturb the figures with."""
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
