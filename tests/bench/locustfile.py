"""The predecessor's mix: twenty users who look somebody up, and every tenth time have somebody new enriched.

`make load` runs it against a service of its own; `locust -f tests/bench/locustfile.py --host https://…` against any
other, with LOAD_KEY (scopes lookup, enrich and pii, no limit) and LOAD_PHONES in the environment.
"""

import os
import random
import time
from itertools import count
from typing import Any

from locust import HttpUser, between, events, task

LOOK_UP, ENRICH = "look-up", "full enrichment"
# the 95th percentile, in milliseconds
MOST = {LOOK_UP: 200, ENRICH: 5000}
PHONES = os.environ.get("LOAD_PHONES", "").split()
_numbers = count(random.randrange(10**6))


class Broker(HttpUser):
    wait_time = between(0.5, 1.5)

    def on_start(self) -> None:
        self.client.headers["X-API-Key"] = os.environ["LOAD_KEY"]

    @task(9)
    def look_up(self) -> None:
        self.client.post("/api/v1/lookup", json={"phone": random.choice(PHONES)}, name=LOOK_UP)

    @task(1)
    def enrich(self) -> None:
        phone = f"1197{next(_numbers) % 100_000:05}55"
        lead = {"lead_id": f"load-{phone}", "contact_info": {"phones": [{"phone": phone}]}}
        began = time.perf_counter()
        with self.client.post("/api/v1/leads", json=lead, name=ENRICH, catch_response=True) as answer:
            ended = _ended(self, answer)
            answer.request_meta["response_time"] = (time.perf_counter() - began) * 1000
            answer.success() if ended else answer.failure(f"{answer.status_code}: {answer.text[:100]}")


def _ended(user: HttpUser, answer: Any) -> bool:
    """Whoever found no place to wait was told where to look: the run counts until it is through."""
    if answer.status_code == 200:
        return bool(answer.json().get("enriched"))
    while answer.status_code == 202:
        time.sleep(0.25)
        run = user.client.get(answer.headers["Location"], name="a run").json()
        if run["status"] not in ("queued", "running"):
            return bool(run["status"] == "completed")
    return False


@events.quitting.add_listener
def judge(environment: Any, **_: Any) -> None:
    """The exit status says whether every threshold was kept."""
    stats = environment.stats
    missed = [f"{stats.total.num_failures} of {stats.total.num_requests} failed"] * (stats.total.num_failures > 0)
    for name, most in MOST.items():
        told = next((entry for (path, _), entry in stats.entries.items() if path == name), None)
        tail = told.get_response_time_percentile(0.95) if told else None
        if tail is None or tail > most:
            missed.append(f"{name}: 95 % within {tail} ms, not {most}")
    environment.process_exit_code = 1 if missed else 0
    print("Missed: " + "; ".join(missed) if missed else "Every threshold was kept.")  # noqa: T201
