"""`make smoke` looks at a live server as an operator does, and at one that is not as it should be."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.db import connection

from c2s_enrich.models import Scope, api_key_make
from enrichment.models import ProviderCall, Run
from tests.production import ROOT
from tests.web_server import WebServer
from webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_work() -> Iterator[None]:
    """A worker, by its heartbeat."""
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (now() + interval '1 hour')")
    yield
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_workers")


def smoke(port: int, key: str) -> tuple[int, dict[str, str]]:
    """With nothing but a Python: no settings, no site packages. The exit status, and what each line says."""
    machine = {"PATH": os.environ["PATH"], "KEY": key}
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
               "from c2s_enrich.smoke import main; sys.exit(main(sys.argv[1:]))"]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    ended = subprocess.run([*command, address], env=machine, capture_output=True, text=True)
    assert key not in ended.stdout + ended.stderr
    lines = [line.split(maxsplit=1) for line in ended.stdout.splitlines()]
    return ended.returncode, {told: state for state, told in lines}


def test_a_good_installation_passes_and_is_left_as_it_was(web: WebServer, at_work: None) -> None:
    key = api_key_make(name="smoke", scopes=[Scope.LOOKUP, Scope.ENRICH], rate_per_second=0)[1]
    status, told = smoke(web.port, key)
    assert (status, set(told.values()), len(told)) == (0, {"ok"}, 7)
    assert not WebhookEvent.objects.exists()
    assert not Run.objects.exists()
    assert not ProviderCall.objects.exists()


def test_each_line_says_what_is_wrong(web: WebServer) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_workers")
    status, told = smoke(web.port, "not-a-key-of-theirs")
    assert status == 1
    assert [line for line, state in told.items() if state == "failed"] == [
        "ready: 503: queue is down",
        "lookup: 401: the key is not valid, or lacks the scope lookup",
    ]


def test_a_place_where_nobody_answers_fails_every_line() -> None:
    status, told = smoke(9, "any")
    assert (status, set(told.values())) == (1, {"failed"})
