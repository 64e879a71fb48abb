"""What the caches are worth, told and reset; and made to forget."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from c2s_enrich import counters, sealed_cache
from c2s_enrich.models import Scope, api_key_make
from enrichment.conversation import history
from enrichment.memory import Entry, cached, remember
from enrichment.models import Lead, Run, Tier
from enrichment.sandbox import Sandbox
from parties.identifiers import CPF, Email, Phone
from parties.models import Party, PartyContact
from tests.enrichment.api.people import MARINAS_CNPJ, marina
from tests.enrichment.leads import run_for

pytestmark = pytest.mark.django_db
METRICS, INVALIDATE = "/api/v1/cache/metrics", "/api/v1/cache/invalidate"
PHONE, EMAIL, DOCUMENT = Phone.parse("11987654321"), Email.parse("marina.prado@example.com"), CPF.parse("52998224725")
EVERYBODY = [PHONE, EMAIL, DOCUMENT]


def metrics(client: Client, key: str) -> Any:
    answer = client.get(METRICS, headers={"X-API-Key": key})
    assert answer.status_code == 200
    return answer.json()


def forget(client: Client, key: str, body: Any) -> Any:
    return client.post(INVALIDATE, body, content_type="application/json", headers={"X-API-Key": key})


@pytest.fixture
def remembered() -> None:
    remember({identifier: Entry(asked=True) for identifier in EVERYBODY})  # type: ignore[misc]


def test_the_answer_has_the_fields_of_the_contract(client: Client, key: str) -> None:
    told = metrics(client, key)
    assert told.keys() == {"cache", "redis", "tiers", "savings"}
    names = {"contactCache", "messageCache", "userCache", "companyCache", "validationCache", "workApiCache", "overall"}
    assert told["cache"].keys() == names
    for figures in told["cache"].values():
        assert figures.keys() == {"hits", "misses", "hitRate", "totalRequests"}
    assert told["redis"]["memory"].keys() == {"usedMemoryHuman", "memoryUsagePercent"}
    assert told["redis"]["stats"].keys() == {"connectedClients", "hitRate"}
    assert told["tiers"].keys() == {"cache", "database", "provider", "notFound"}
    assert told["savings"].keys() == {"callsAvoided", "moneySaved"}


def test_redis_tells_of_itself(client: Client, key: str) -> None:
    told = metrics(client, key)["redis"]
    assert told["memory"]["usedMemoryHuman"][-1] in "BKMG"
    assert 0 < told["memory"]["memoryUsagePercent"] < 100
    assert told["stats"]["connectedClients"] >= 1


def test_without_redis_the_counters_are_told_all_the_same(client: Client, key: str, settings: Any) -> None:
    settings.REDIS_URL = ""
    counters.counted("contactCache", True)
    told = metrics(client, key)
    assert told["cache"]["contactCache"]["hits"] == 1
    assert told["redis"]["memory"] == {"usedMemoryHuman": None, "memoryUsagePercent": None}


def test_the_rates_are_in_per_cent_and_the_money_in_text(client: Client, key: str) -> None:
    counters.counted("contactCache", True, 3)
    counters.counted("contactCache", False)
    counters.counted("companyCache", False, 4)
    counters.answered("notFound")
    counters.saved(calls=17, money=Decimal("3.4"))
    told = metrics(client, key)
    assert told["cache"]["contactCache"] == {"hits": 3, "misses": 1, "hitRate": 75.0, "totalRequests": 4}
    assert told["tiers"]["notFound"] == 1
    assert told["savings"] == {"callsAvoided": 17, "moneySaved": "3.40"}
    # the key itself was looked up once for this request
    assert told["cache"]["overall"] == {"hits": 3, "misses": 6, "hitRate": 33.33, "totalRequests": 9}


def test_what_is_recalled_is_counted(client: Client, key: str, remembered: None) -> None:
    cached(EVERYBODY)  # type: ignore[arg-type]
    cached([CPF.parse("11144477735")])  # type: ignore[list-item]
    assert metrics(client, key)["cache"]["contactCache"]["hitRate"] == 75.0


def test_the_message_history_is_counted(client: Client, key: str) -> None:
    lead = Lead.objects.create(lead_id="somebody")
    for _ in range(2):
        history(lead)
    assert metrics(client, key)["cache"]["messageCache"] == {
        "hits": 1, "misses": 1, "hitRate": 50.0, "totalRequests": 2,
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("cache", "path", "body"),
    [
        ("contactCache", "contributor/customer?phone=11987654321&tiers=local", None),
        ("messageCache", "leads/lead-1/messages", None),
        ("companyCache", f"companies/{MARINAS_CNPJ}", None),
        ("validationCache", "contacts/validate", [{"phone": "11987654321"}]),
        ("workApiCache", "work/modules/cep?documento=13010-001", None),
    ],
)
def test_each_cache_counts_what_is_asked_of_it(
    sandbox: Sandbox, client: Client, key: str, cache: str, path: str, body: Any
) -> None:
    marina()
    run_for(sandbox)
    counters.reset()
    for _ in range(3):
        sent = {"content_type": "application/json", "headers": {"X-API-Key": key}}
        method, data = ("GET", "") if body is None else ("POST", json.dumps(body))
        assert client.generic(method, f"/api/v1/{path}", data, **sent).status_code == 200
    told = metrics(client, key)["cache"][cache]
    # the first write after Redis was emptied starts the cache's generation, and may be a miss of its own
    assert (told["hits"] >= 1, told["misses"] >= 1, told["totalRequests"]) == (True, True, 3)


@pytest.mark.django_db(transaction=True)
def test_a_repeat_saves_what_the_first_lead_had_to_buy(
    sandbox: Sandbox, client: Client, key: str, settings: Any, perform: Callable[[Run], Run]
) -> None:
    settings.PRICE_DIRETRIX, settings.PRICE_WORK_API = Decimal("0.10"), Decimal("0.5")
    assert perform(run_for(sandbox, "first")).tier == Tier.PROVIDER
    assert metrics(client, key)["savings"] == {"callsAvoided": 0, "moneySaved": "0.00"}
    assert perform(run_for(sandbox, "second")).tier == Tier.CACHE
    told = metrics(client, key)
    assert told["savings"] == {"callsAvoided": 3, "moneySaved": "0.70"}
    assert told["tiers"] == {"cache": 1, "database": 0, "provider": 1, "notFound": 0}


def test_a_reset_needs_the_scope_admin_and_begins_from_nothing(client: Client, key: str) -> None:
    counters.answered("cache")
    _, reader = api_key_make(name="reader", scopes=[Scope.METRICS])
    assert client.delete(METRICS, headers={"X-API-Key": reader}).status_code == 403
    assert metrics(client, reader)["tiers"]["cache"] == 1
    assert client.delete(METRICS, headers={"X-API-Key": key}).status_code == 200
    assert metrics(client, reader)["tiers"]["cache"] == 0


@pytest.mark.parametrize(
    "body",
    [{"phone": "(11) 98765-4321"}, {"email": " Marina.Prado@Example.com"}, {"cpf": "529.982.247-25"}],
)
def test_one_identifier_is_forgotten_however_it_is_written(
    client: Client, key: str, remembered: None, body: dict[str, str]
) -> None:
    assert len(cached(EVERYBODY)) == 3  # type: ignore[arg-type]
    answer = forget(client, key, body)
    assert (answer.status_code, answer.json()) == (200, {"invalidated": 1})
    assert len(cached(EVERYBODY)) == 2  # type: ignore[arg-type]
    assert forget(client, key, body).json() == {"invalidated": 0}


def test_a_party_is_forgotten_with_all_its_identifiers(client: Client, key: str, remembered: None) -> None:
    party = Party.objects.create(kind="person", cpf_cnpj="52998224725", name="MARINA ALVES PRADO")
    PartyContact.objects.create(party=party, contact_type="email", value="marina.prado@example.com", source="lead")
    assert forget(client, key, {"party_id": str(party.pk)}).json() == {"invalidated": 2}
    assert forget(client, key, {"party_id": str(uuid4())}).json() == {"invalidated": 0}


def test_everything_is_forgotten_at_once(client: Client, key: str, remembered: None) -> None:
    assert forget(client, key, {"all": True}).json()["invalidated"] >= 3
    assert cached(EVERYBODY) == {}  # type: ignore[arg-type]
    assert forget(client, key, {"all": True}).json() == {"invalidated": 0}
    assert sealed_cache.reachable()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"phone": "123"}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"cpf": "52998224724"}, "cpf"),
        ({"cpf": 52998224725.5}, "cpf"),
        ({"party_id": "7"}, "party_id"),
        ({"party_id": ["7"]}, "party_id"),
        ({"all": "yes"}, "all"),
    ],
)
def test_what_cannot_be_meant_is_told_by_its_field(client: Client, key: str, body: Any, field: str) -> None:
    answer = forget(client, key, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert field in answer.json()["details"]


@pytest.mark.parametrize("body", [{}, {"all": False}, {"phone": "11987654321", "cpf": "52998224725"}, [], {"x": 1}])
def test_exactly_one_thing_is_forgotten_at_a_time(client: Client, key: str, body: Any) -> None:
    assert forget(client, key, body).status_code == 400


def test_forgetting_needs_the_scope_admin(client: Client) -> None:
    _, key = api_key_make(name="no admin", scopes=[s for s in Scope.values if s != Scope.ADMIN])
    assert forget(client, key, {"all": True}).status_code == 403
