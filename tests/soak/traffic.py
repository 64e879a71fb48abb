"""What the world does to the service: webhooks, look-ups, Make calls, staff at the admin; and what it is told."""

import random
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.soak.house import KEY, PASSWORD, House
from tests.webhook_bodies import event

# of a hundred webhooks so many tell of somebody who was told of before
REPEATS = 0.57
PAGES = ("/admin/", "/admin/enrichment/lead/", "/admin/enrichment/run/", "/admin/parties/party/")


@dataclass(slots=True)
class Told:
    """What was answered, when, and what was promised with it."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    # when each was asked for and when it was told, what, and the status
    refusals: list[tuple[float, float, str, int]] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def note(self, what: str, status: int, began: float) -> None:
        ended = time.monotonic()
        self.statuses[what, status] += 1
        self.seconds[what].append(ended - began)
        if status >= 500:
            self.refusals.append((began, ended, what, status))


class Traffic:
    def __init__(self, house: House, *, leads_per_second: float, seed: int) -> None:
        self._house, self._pause, self._dice = house, 1 / leads_per_second, random.Random(seed)
        self.told = Told()
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=[deed, every], daemon=True)
            for deed, every in (
                (self._lead, self._pause),
                (self._look_up, 0.05),
                (self._look_up, 0.05),
                (self._make, 1.0),
                (Staff(house).look, 1.0),
            )
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(300)

    def _repeat(self, deed: Callable[[], tuple[str, int]], every: float) -> None:
        while not self._stop.wait(every * random.uniform(0.5, 1.5)):
            began = time.monotonic()
            what, status = deed()
            with self._lock:
                self.told.note(what, status, began)

    def _lead(self) -> tuple[str, int]:
        """A new lead, mostly of somebody who asked before; some events come twice, some a second time later."""
        if self.told.sent and self._dice.random() < 0.1:
            return "webhook again", self._send(self._dice.choice(self.told.sent))
        n = len(self.told.sent)
        person = int(n * (1 - REPEATS)) if self._dice.random() < REPEATS else n
        lead_id, phone = f"soak-{n}-{person}", f"1198{person:05}55"
        self._house.sandbox.add_lead(id=lead_id, name="", phone=phone, email=f"cliente.{phone}@example.com")
        self.told.sent.append(lead_id)
        return "webhook", self._send(lead_id)

    def _send(self, lead_id: str) -> int:
        status, _ = self._house.webhook(event(lead_id, **_customer(lead_id)))
        if status == 200:
            self.told.accepted.add(lead_id)
        return status

    def _look_up(self) -> tuple[str, int]:
        lead_id = random.choice(self.told.sent or ["soak-0-0"])
        # by what we know ourselves: a provider that is down may be told of with 502, which is no fault of ours
        body = {"phone": _customer(lead_id)["phone"], "tiers": "local"}
        status, _ = self._house.ask("/api/v1/lookup", body=body, **{"X-API-Key": KEY})
        return "look-up", status

    def _make(self) -> tuple[str, int]:
        lead_id = random.choice(self.told.sent or ["soak-0-0"])
        status, _ = self._house.ask(f"/api/v1/leads/process?id={lead_id}", **{"X-API-Key": KEY})
        if status == 200:
            self.told.accepted.add(lead_id)
        return "make", status


def _customer(lead_id: str) -> dict[str, Any]:
    phone = f"1198{int(lead_id.rpartition('-')[2]):05}55"
    return {"name": "", "phone": phone, "email": f"cliente.{phone}@example.com"}


class Staff:
    """Somebody who has the admin open all day."""

    def __init__(self, house: House) -> None:
        self._base = f"http://127.0.0.1:{house.port}"
        self._browser = build_opener(HTTPCookieProcessor(CookieJar()))
        self._is_in = False

    def look(self) -> tuple[str, int]:
        try:
            if not self._is_in:
                self._log_in()
            with self._browser.open(self._base + random.choice(PAGES), timeout=40) as page:
                self._is_in = b"csrfmiddlewaretoken" not in page.read() or "/login" not in page.url
                return "admin", int(page.status)
        except HTTPError as error:
            return "admin", error.code
        except (OSError, HTTPException):
            return "admin", 0

    def _log_in(self) -> None:
        with self._browser.open(f"{self._base}/admin/login/", timeout=40) as page:
            found = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page.read())
        token = found[1].decode() if found else ""
        form = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": token, "next": "/admin/"}
        request = Request(f"{self._base}/admin/login/", urlencode(form).encode(), {"Referer": self._base})
        with self._browser.open(request, timeout=40):
            self._is_in = True
