"""12: every list and page that staff open, from the request to the last byte, with whatever the database holds."""

import time
from collections.abc import Iterator

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from enrichment.models import Lead
from parties.models import Party
from tests.back_office import SHOWN, list_url, page_url
from tests.bench.frame import Figure, Goal, measured, told
from tests.bench.house import House

_TIMES = 20
_MOST = Goal("p95", most=300)


def figures(house: House) -> Iterator[Figure]:
    client = Client()
    client.force_login(User.objects.get_or_create(username="desk", is_staff=True, is_superuser=True)[0])
    for name, address in _addresses():
        client.get(address)
        yield told(measured(f"desk: {name}", [_milliseconds(client, address) for _ in range(_TIMES)], "ms", _MOST))


def _addresses() -> Iterator[tuple[str, str]]:
    yield "home", reverse("admin:index")
    for model in SHOWN:
        yield f"list of {model._meta.verbose_name_plural}", list_url(model)
    leads, parties = list_url(Lead), list_url(Party)
    yield "leads that need a person", f"{leads}?review=waiting"
    yield "leads by a common first name", f"{leads}?q=maria"
    yield "parties by a common first name", f"{parties}?q=maria"
    yield "page of a lead", page_url(Lead.objects.latest("received_at"))
    yield "page of a party", page_url(Party.objects.filter(enriched=True)[:1].get())


def _milliseconds(client: Client, address: str) -> float:
    began = time.perf_counter()
    answer = client.get(address)
    taken = 1000 * (time.perf_counter() - began)
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status_code}.")
    return taken
