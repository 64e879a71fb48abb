"""The load test against a service of its own, seeded, with the providers' usual latencies: `make load`."""

import os
import subprocess
import sys

from tests.bench.__main__ import in_house
from tests.c2s_enrich.embedded.processes import ROOT

_USERS, _SECONDS, _SCALE = 20, 60, 0.01


def main() -> int:
    with in_house(None, _SCALE) as house:
        from tests.bench.house import UPSTREAM, database
        from tests.bench.people import known_phones

        house.sandbox.configure({provider: {"latency_ms": ms} for provider, ms in UPSTREAM.items()})
        house.workers.start(slots=20)
        phones = " ".join(phone.value for phone in known_phones(database(None), 500))
        with house.web() as web:
            words = f"--headless --users {_USERS} --spawn-rate {_USERS} --run-time {_SECONDS}s --only-summary"
            words += f" --host http://127.0.0.1:{web.port}"
            locust = [sys.executable, "-m", "locust", "-f", "tests/bench/locustfile.py", *words.split()]
            told = {"LOAD_KEY": house.key, "LOAD_PHONES": phones}
            return subprocess.run(locust, env=os.environ | told, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
