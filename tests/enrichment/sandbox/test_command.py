import signal
import subprocess
import sys

import pytest
from django.core.management import CommandError

from enrichment.management.commands.sandbox import Command, error_rate, latency, outage, rate_limit
from enrichment.sandbox import Sandbox
from tests.enrichment.sandbox.client import Client
from tests.production import ROOT

UNREADABLE = {"WORKER_CONCURRENCY": "many"}


def test_options_become_settings() -> None:
    assert latency("diretrix=500") == ("diretrix", {"latency_ms": 500})
    assert latency("diretrix.phone=500-2000") == ("diretrix.phone", {"latency_ms": [500, 2000]})
    assert error_rate("c2s=0.1") == ("c2s", {"error_rate": 0.1})
    assert rate_limit("work_api=1/2.5") == ("work_api", {"rate_limit": {"calls": 1, "seconds": 2.5}})
    assert outage("c2s=503") == ("c2s", {"outage": "503"})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_beside_settings_that_cannot_be_read_and_a_signal_stops_it_at_once(number: signal.Signals) -> None:
    arguments = [sys.executable, "manage.py", "sandbox", "--port", "0", "--latency", "work_api=7"]
    with subprocess.Popen(arguments, env=UNREADABLE, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        client = Client(process.stdout.readline().split()[-1])
        assert client.call("GET", "/_control").json()["work_api"] == {"latency_ms": 7}
        process.send_signal(number)
        assert process.wait(60) == 0


def test_a_taken_port_is_one_clear_sentence() -> None:
    with Sandbox() as sandbox, pytest.raises(CommandError, match="Cannot listen on"):
        Command().handle(host="127.0.0.1", port=Client(sandbox).address[1], faults=[])


def test_an_unknown_provider_is_one_clear_sentence() -> None:
    with pytest.raises(CommandError, match="No such provider"):
        Command()._sandbox({"host": "127.0.0.1", "port": 0, "faults": [latency("nobody=5")]})
