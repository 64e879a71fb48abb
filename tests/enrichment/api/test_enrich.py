"""`POST enrich`, and look-ups whose key may pay: the providers are asked once, and their failures told plainly."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import get_ident
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from enrichment import flights
from enrichment.models import Discovery, Lead, Run, RunState
from enrichment.providers.gate import ProviderGate
from enrichment.providers.work_api import client
from enrichment.sandbox import Sandbox
from parties.models import Party
from tests.c2s_enrich.embedded.processes import eventually
from tests.enrichment.api.conftest import Caller, Callers
from tests.enrichment.api.people import MARINA, MARINAS_EMAIL, MARINAS_PHONE, PLAIN_PHONE, marina, plain_person
from tests.enrichment.leads import paid_calls
from tests.enrichment.sandbox.holding import held
from tests.parties.people import cpf

pytestmark = pytest.mark.django_db(transaction=True)

NOBODYS_PHONE, EVERYBODYS_PHONE, TWO_PEOPLES_PHONE = "(11) 98123-0000", "(11) 98123-0009", "(11) 98123-0001"
UNKNOWN_TO_WORK_API = "(11) 98123-0010"
NOTHING = {"phone": 0, "email": 0, "profile": 0}


@pytest.fixture
def priced(settings: Settings) -> None:
    settings.PRICE_DIRETRIX, settings.PRICE_WORK_API = Decimal("0.10"), Decimal("0.35")


@pytest.mark.parametrize(
    ("given", "sources", "calls"),
    [
        (
            {"phone": MARINAS_PHONE, "name": "Marina Prado"},
            ["diretrix", "work_api"],
            {"phone": 1, "email": 0, "profile": 1},
        ),
        ({"email": MARINAS_EMAIL}, ["diretrix", "work_api"], {"phone": 0, "email": 1, "profile": 1}),
        ({"cpf": MARINA.value}, ["work_api"], {"phone": 0, "email": 0, "profile": 1}),
    ],
)
def test_somebody_unknown_is_bought_once_and_then_known(
    manager: Caller, sandbox: Sandbox, given: dict[str, str], sources: list[str], calls: dict[str, int]
) -> None:
    first, second = manager.post("enrich", given), manager.post("enrich", given)
    assert first.status_code == 200, first.content
    assert first.json()["personal_info"]["name"] == "MARINA ALVES PRADO"
    assert (first.json()["metadata"]["tier"], first.json()["metadata"]["sources"]) == ("provider", sources)
    assert second.json()["metadata"]["tier"] == "cache"
    assert paid_calls(sandbox) == calls
    assert not Lead.objects.exists()
    assert not Run.objects.exists()


def test_a_look_up_pays_only_with_a_key_that_may_and_unless_told_not_to(
    viewer: Caller, manager: Caller, sandbox: Sandbox
) -> None:
    assert viewer.get("contributor/customer", phone=MARINAS_PHONE).status_code == 404
    assert manager.get("contributor/customer", phone=MARINAS_PHONE, tiers="local").status_code == 404
    assert manager.post("lookup", {"phone": MARINAS_PHONE, "tiers": "local"}).status_code == 404
    assert paid_calls(sandbox) == NOTHING
    assert manager.get("contributor/customer", phone=MARINAS_PHONE).status_code == 200
    assert paid_calls(sandbox) == {"phone": 1, "email": 0, "profile": 1}


def test_enrich_wants_its_scope(agent: Caller) -> None:
    answer = agent.post("enrich", {"cpf": MARINA.value})
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_all_contacts_of_the_profile_are_known_afterwards(manager: Caller, sandbox: Sandbox) -> None:
    manager.post("enrich", {"cpf": MARINA.value})
    paid = paid_calls(sandbox)
    assert manager.get("contributor/customer", email=MARINAS_EMAIL).json()["metadata"]["tier"] == "cache"
    assert manager.get("contributor/customer", phone="11 3333-4444").json()["metadata"]["tier"] == "cache"
    assert paid_calls(sandbox) == paid


def test_nobody_is_404_and_not_asked_about_again(manager: Caller, sandbox: Sandbox) -> None:
    for _ in range(2):
        assert manager.post("enrich", {"phone": NOBODYS_PHONE}).status_code == 404
    assert paid_calls(sandbox) == {"phone": 1, "email": 0, "profile": 0}


def test_a_cpf_that_nobody_knows_files_no_empty_party(manager: Caller, sandbox: Sandbox) -> None:
    unknown = sandbox.add_person(name="ZELIA NUNES", phones=["11981234567"], unknown_to=["work_api"])
    for _ in range(2):
        assert manager.post("enrich", {"cpf": unknown.cpf}).status_code == 404
    assert paid_calls(sandbox)["profile"] == 1
    assert not Party.objects.exists()


def test_somebody_without_a_profile_is_told_as_far_as_known(manager: Caller, sandbox: Sandbox) -> None:
    told = [manager.post("enrich", {"phone": UNKNOWN_TO_WORK_API}) for _ in range(2)]
    assert [(t.status_code, t.json()["metadata"]["enriched"]) for t in told] == [(200, False)] * 2
    assert told[0].json()["contact_info"]["phones"][0]["source"] == "diretrix"
    assert told[1].json()["metadata"]["tier"] in ("cache", "database")
    assert paid_calls(sandbox) == {"phone": 1, "email": 0, "profile": 1}


def test_an_agencys_phone_is_not_paid_for_further(manager: Caller, sandbox: Sandbox) -> None:
    assert manager.post("enrich", {"phone": EVERYBODYS_PHONE}).status_code == 404
    assert paid_calls(sandbox) == {"phone": 1, "email": 0, "profile": 0}


def test_of_two_behind_a_phone_the_best_is_told(manager: Caller, sandbox: Sandbox) -> None:
    told = manager.post("enrich", {"phone": TWO_PEOPLES_PHONE}).json()["metadata"]
    assert told["matches"] == 2
    assert told["confidence"] < 0.7


def test_somebody_on_file_without_a_profile_gets_one(manager: Caller, sandbox: Sandbox) -> None:
    plain_person(MARINA, "MARINA ALVES PRADO", PLAIN_PHONE)
    assert manager.get("contributor/customer", phone=PLAIN_PHONE, tiers="local").json()["metadata"]["enriched"] is False
    assert manager.post("enrich", {"cpf": MARINA.value}).json()["metadata"]["enriched"] is True
    assert manager.get("contributor/customer", phone=PLAIN_PHONE, tiers="local").json()["metadata"]["enriched"] is True


def test_what_is_fresh_is_not_bought_again_and_refresh_does(manager: Caller, sandbox: Sandbox) -> None:
    marina()
    assert manager.post("enrich", {"phone": MARINAS_PHONE}).json()["metadata"]["tier"] == "database"
    assert paid_calls(sandbox) == NOTHING
    refreshed = manager.post("enrich", {"phone": MARINAS_PHONE, "refresh": True})
    assert refreshed.json()["metadata"]["tier"] == "provider"
    assert paid_calls(sandbox) == {"phone": 1, "email": 0, "profile": 1}


def test_old_data_is_served_by_a_look_up_and_bought_anew_by_enrich(manager: Caller, sandbox: Sandbox) -> None:
    marina(told_at=datetime.now(UTC) - timedelta(days=100))
    assert manager.get("contributor/customer", cpf=MARINA.value).json()["metadata"]["tier"] == "database"
    assert manager.post("enrich", {"cpf": MARINA.value}).json()["metadata"]["tier"] == "provider"
    assert paid_calls(sandbox) == {"phone": 0, "email": 0, "profile": 1}


def test_old_data_is_served_and_marked_when_the_provider_is_down(manager: Caller, sandbox: Sandbox) -> None:
    marina(told_at=datetime.now(UTC) - timedelta(days=100))
    sandbox.faults.set("work_api", outage="503")
    told = manager.post("enrich", {"cpf": MARINA.value})
    assert (told.status_code, told.json()["metadata"]["tier"]) == (200, "database")
    assert told["Warning"].startswith("111 ")
    assert "Warning" not in manager.get("contributor/customer", cpf=MARINA.value)


def test_what_is_known_is_served_when_the_provider_is_down(manager: Caller, sandbox: Sandbox) -> None:
    plain_person(cpf(111444777))
    sandbox.faults.set("diretrix", outage="503")
    told = manager.get("contributor/customer", phone=PLAIN_PHONE)
    assert (told.status_code, told.json()["metadata"]["enriched"]) == (200, False)
    assert told["Warning"].startswith("111 ")


@pytest.mark.parametrize(
    ("provider", "given"), [("diretrix", {"phone": MARINAS_PHONE}), ("work_api", {"cpf": MARINA.value})]
)
@pytest.mark.parametrize(("fault", "status"), [(503, 502), (500, 502), (401, 502), (504, 504), (429, 503)])
def test_a_failure_tells_which_provider_and_nothing_of_its_inside(
    manager: Caller, sandbox: Sandbox, provider: str, given: dict[str, str], fault: int, status: int
) -> None:
    sandbox.faults.set(provider, status=fault)
    answer = manager.post("enrich", given)
    assert answer.status_code == status, answer.content
    assert answer.json()["details"] == {"provider": provider}
    assert ("Retry-After" in answer) == (status == 503)
    told = answer.content.decode()
    assert not [inside for inside in ("http", "127.0.0.1", "token", MARINA.value, "98765") if inside in told]
    assert not Discovery.objects.exists()


def test_a_provider_that_is_too_slow_is_504(manager: Caller, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "READ_TIMEOUT", 0.2)
    client.door.cache_clear()
    sandbox.faults.set("work_api", latency_ms=1000)
    answer = manager.post("enrich", {"cpf": MARINA.value})
    assert (answer.status_code, answer.json()["details"]) == (504, {"provider": "work_api"})


def test_a_provider_switched_off_is_503_with_retry_after(manager: Caller, sandbox: Sandbox) -> None:
    ProviderGate.objects.update_or_create(provider="work_api", defaults={"enabled": False})
    answer = manager.post("enrich", {"cpf": MARINA.value})
    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "30", "provider_busy")
    assert sandbox.calls("work_api") == 0


def test_only_half_of_the_threads_may_wait_for_a_provider(
    manager: Caller, sandbox: Sandbox, settings: Settings
) -> None:
    settings.WEB_THREADS = 1
    answer = manager.get("contributor/customer", cpf=MARINA.value)
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert manager.get("work/modules/cep", documento="13010-001").status_code == 503
    plain_person(cpf(111444777))
    assert manager.get("contributor/customer", phone=PLAIN_PHONE)["Warning"].startswith("111 ")
    assert sandbox.calls("diretrix") + sandbox.calls("work_api") == 0


@pytest.mark.parametrize(
    "given",
    [{"phone": MARINAS_PHONE, "name": "Marina Prado"}, {"email": MARINAS_EMAIL}, {"cpf": MARINA.value}],
)
def test_whoever_finds_no_place_to_wait_has_a_run_queued_and_the_answer_afterwards(
    manager: Caller, sandbox: Sandbox, settings: Settings, perform: Callable[[Run], Run], given: dict[str, str]
) -> None:
    settings.WEB_THREADS = 1
    first, second = manager.post("enrich", given), manager.post("enrich", given)
    assert (first.status_code, first.json()["status"], paid_calls(sandbox)) == (202, "queued", NOTHING)
    run = Run.objects.select_related("lead").get()
    assert second.json() == first.json()
    assert first["Location"] == f"/api/v1/runs/{run.pk}"
    assert first["Location"] in first.json()["message"]
    assert not [private for private in given.values() if private in run.lead.lead_id]
    assert perform(run).state == RunState.COMPLETED
    paid = paid_calls(sandbox)
    assert manager.post("enrich", given).json()["personal_info"]["name"] == "MARINA ALVES PRADO"
    assert (paid_calls(sandbox), paid["profile"], paid["phone"] + paid["email"]) == (paid, 1, int("cpf" not in given))
    assert not sandbox.messages()


def test_a_refresh_that_finds_no_place_asks_the_providers_anew_later(
    manager: Caller, sandbox: Sandbox, settings: Settings, perform: Callable[[Run], Run]
) -> None:
    marina()
    settings.WEB_THREADS = 1
    assert manager.post("enrich", {"phone": MARINAS_PHONE}).status_code == 200
    plain = manager.post("enrich", {"phone": MARINAS_PHONE, "refresh": True})
    assert plain.status_code == 202
    perform(Run.objects.get())
    assert paid_calls(sandbox) == {"phone": 1, "email": 0, "profile": 1}


@pytest.mark.parametrize(("refresh", "callers"), [(False, 6), (True, 2)])
def test_the_same_asked_by_many_at_once_is_bought_once(
    with_scopes: Callers, sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch,
    refresh: bool, callers: int,
) -> None:  # fmt: skip
    if refresh:
        marina()
    caller = with_scopes("enrich", "pii")
    settings.WEB_THREADS = 12
    take_off, too_late = flights._take_off, set()

    def noticed(*of: Any) -> bool:
        took_off = take_off(*of)
        if not took_off:
            too_late.add(get_ident())
        return took_off

    monkeypatch.setattr(flights, "_take_off", noticed)

    def ask() -> int:
        try:
            return int(caller.post("enrich", {"cpf": MARINA.value, "refresh": refresh}).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(callers) as pool, held(sandbox, "work_api"):
        asked = [pool.submit(ask) for _ in range(callers)]
        assert eventually(lambda: len(too_late) == callers - 1)
    assert [one.result() for one in asked] == [200] * callers
    assert sandbox.calls("work_api") == 1


@pytest.mark.parametrize(
    ("given", "calls", "total"),
    [
        ({"phone": MARINAS_PHONE}, [("diretrix", "phone", "0.10"), ("work_api", "cpf", "0.35")], "0.45"),
        ({"email": MARINAS_EMAIL}, [("diretrix", "email", "0.10"), ("work_api", "cpf", "0.35")], "0.45"),
        ({"cpf": MARINA.value}, [("work_api", "cpf", "0.35")], "0.35"),
    ],
)
def test_a_dry_run_tells_the_calls_and_makes_none(
    manager: Caller, sandbox: Sandbox, priced: None, given: dict[str, str], calls: list[Any], total: str
) -> None:
    told = manager.post("enrich", given | {"dry_run": True})
    assert told.status_code == 200
    assert told.json() == {
        "dry_run": True,
        "tier": "provider",
        "calls": [{"provider": p, "operation": o, "price": price} for p, o, price in calls],
        "total_price": total,
        "currency": "BRL",
    }
    assert sandbox.calls("diretrix") + sandbox.calls("work_api") == 0


def test_a_dry_run_of_what_is_known_costs_nothing_unless_refreshed(
    manager: Caller, sandbox: Sandbox, priced: None
) -> None:
    marina()
    told = manager.post("enrich", {"phone": MARINAS_PHONE, "dry_run": True}).json()
    assert (told["tier"], told["calls"], told["total_price"]) == ("database", [], "0")
    told = manager.post("enrich", {"phone": MARINAS_PHONE, "dry_run": True, "refresh": True}).json()
    assert (told["tier"], told["total_price"]) == ("provider", "0.45")
    assert manager.post("enrich", {"name": "Nobody Known", "dry_run": True}).json()["tier"] is None
    assert paid_calls(sandbox) == NOTHING


def test_a_name_alone_never_calls_a_provider_unless_it_is_one_person(manager: Caller, sandbox: Sandbox) -> None:
    plain_person(MARINA, "MARINA ALVES PRADO")
    plain_person(cpf(111444777), "MARINA COSTA PRADO")
    assert manager.post("enrich", {"name": "Marina Prado"}).json()["metadata"]["matches"] == 2
    assert manager.post("enrich", {"name": "Zuleica Quintanilha"}).status_code == 404
    assert sandbox.calls("diretrix") + sandbox.calls("work_api") == 0
    told = manager.post("enrich", {"name": "Prado, Marina Alves"}).json()["metadata"]
    assert (told["matches"], told["tier"]) == (1, "provider")


@pytest.mark.parametrize(
    ("body", "field"),
    [({"cpf": MARINA.value, "refresh": "y"}, "refresh"), ({"cpf": MARINA.value, "dry_run": 1}, "dry_run"), ({}, "cpf")],
)
def test_bad_input_is_400_and_names_the_field(manager: Caller, body: dict[str, Any], field: str) -> None:
    answer = manager.post("enrich", body)
    assert (answer.status_code, field in answer.json()["details"]) == (400, True)


def test_enrich_answers_with_and_without_a_slash(manager: Caller, sandbox: Sandbox) -> None:
    marina()
    assert {manager.post(path, {"cpf": MARINA.value}).status_code for path in ("enrich", "enrich/")} == {200}
