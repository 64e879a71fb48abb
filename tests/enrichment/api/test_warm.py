"""What a repeated look-up costs, and that nobody is told more, or anything older, because of it."""

import sys
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis.connection import AbstractConnection

from c2s_enrich import counters
from c2s_enrich.models import ApiKey, api_key_revoke
from c2s_enrich.privacy import access_log
from c2s_enrich.privacy.models import AccessEntry
from parties.models import ContactType, Kind, Party, PartyContact
from tests.enrichment.api.conftest import Caller, Callers

PHONE, CPF, EMAIL = "+5511987654321", "52998224725", "marina.prado@example.com"
BY_PHONE = {"phone": PHONE}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def marina() -> Party:
    party = Party.objects.create(kind=Kind.PERSON, cpf_cnpj=CPF, name="MARINA ALVES PRADO", enriched=True)
    for kind, value in ((ContactType.PHONE, PHONE), (ContactType.EMAIL, EMAIL)):
        PartyContact.objects.create(party=party, contact_type=kind, value=value)
    return party


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every time something is sent to Redis."""
    sent: list[Any] = []
    send = AbstractConnection.send_packed_command

    def noted(self: AbstractConnection, command: Any, check_health: bool = True) -> None:
        sent.append(command)
        send(self, command, check_health)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", noted)
    return sent


def customer(caller: Caller, **asked: Any) -> Any:
    answer = caller.get("contributor/customer", **asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_repeat_costs_one_round_trip_to_redis_and_no_query(agent: Caller, trips: list[Any]) -> None:
    first = customer(agent, **BY_PHONE)
    for asked in (lambda: agent.get("contributor/customer", **BY_PHONE), lambda: agent.post("lookup", BY_PHONE)):
        trips.clear()
        with CaptureQueriesContext(connection) as queries:
            again = asked().json()
        assert (len(trips), len(queries)) == (1, 0)
        assert again["personal_info"] == first["personal_info"]
        assert again["metadata"]["tier"] == "cache"


def test_each_is_told_in_the_form_that_his_key_allows(agent: Caller, viewer: Caller) -> None:
    for _ in range(3):
        assert customer(agent, **BY_PHONE)["personal_info"]["cpf"] == CPF
        masked = customer(viewer, **BY_PHONE)
        assert masked["personal_info"]["cpf"] == "***.982.***-**"
        assert PHONE not in str(masked)


def test_a_change_is_told_by_the_next_answer(agent: Caller, marina: Party) -> None:
    for way in ({"phone": PHONE}, {"email": EMAIL}, {"cpf": CPF}):
        for name in ("MARINA PRADO", "MARINA ALVES"):
            customer(agent, **way), customer(agent, **way)
            marina.name = name
            marina.save()
            assert customer(agent, **way)["personal_info"]["name"] == name


def test_who_is_deleted_is_told_of_no_more(agent: Caller, marina: Party) -> None:
    customer(agent, **BY_PHONE), customer(agent, **BY_PHONE)
    marina.delete()
    assert agent.get("contributor/customer", **BY_PHONE).status_code == 404


def test_a_revoked_key_and_one_without_the_scope_are_told_nothing(agent: Caller, with_scopes: Callers) -> None:
    customer(agent, **BY_PHONE), customer(agent, **BY_PHONE)
    other = with_scopes("metrics")
    assert [other.get("contributor/customer", **BY_PHONE).status_code for _ in range(2)] == [403, 403]
    api_key_revoke(key=ApiKey.objects.order_by("created_at")[0])
    assert agent.get("contributor/customer", **BY_PHONE).status_code == 401


def test_a_request_counts_once_against_the_limit_warm_or_not(agent: Caller, trips: list[Any]) -> None:
    customer(agent, **BY_PHONE)
    for asked in ({"phone": PHONE}, {"cpf": CPF}, {"email": EMAIL, "tiers": "local"}, {"name": "Marina Prado"}):
        trips.clear()
        customer(agent, **asked)
        assert sum(b"EVALSHA" in b"".join(sent) for sent in trips) == 1, asked


def test_a_warm_answer_is_counted_as_one_of_the_cache(agent: Caller) -> None:
    customer(agent, **BY_PHONE), customer(agent, **BY_PHONE)
    before = counters.totals()
    customer(agent, **BY_PHONE)
    gained = counters.totals() - before
    assert {name: gained[name] for name in ("contactCache.hits", "tier.cache", "userCache.hits", "saved.calls")} == {
        "contactCache.hits": 1, "tier.cache": 1, "userCache.hits": 1, "saved.calls": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "status"),
    [({"phone": PHONE, "tiers": "nearby"}, 400), ({"phone": "12"}, 400), ({"phone": PHONE, "name": "Otavio"}, 200)],
)
def test_what_is_no_plain_question_goes_the_ordinary_way(agent: Caller, asked: dict[str, str], status: int) -> None:
    customer(agent, **BY_PHONE), customer(agent, **BY_PHONE)
    assert agent.get("contributor/customer", **asked).status_code == status


def test_whoever_is_told_in_clear_stands_in_the_access_log_each_time(
    agent: Caller, viewer: Caller, marina: Party
) -> None:
    customer(agent, **BY_PHONE), customer(viewer, **BY_PHONE)
    customer(agent, **BY_PHONE), customer(viewer, **BY_PHONE)
    agent.post("lookup", BY_PHONE)
    access_log.write_out()
    reasons = AccessEntry.objects.filter(party_id=marina.pk).values_list("reason", flat=True)
    assert sorted(reasons) == ["GET contributor-customer", "GET contributor-customer", "POST lookup"]


def test_an_answer_bears_the_headers_of_all_answers(agent: Caller) -> None:
    cold, warm = (agent.get("contributor/customer", **BY_PHONE).headers for _ in range(2))
    assert set(cold) - set(warm) <= {"Allow", "Vary"}
    assert (warm["Cache-Control"], warm["Content-Length"].isdecimal()) == ("no-store", True)


def calls_of_a_repeat(agent: Caller) -> int:
    calls = 0

    def noted(_frame: Any, event: str, called: Any) -> None:
        nonlocal calls
        # not the probes of who notes which lines ran
        calls += event == "call" or (event == "c_call" and getattr(called, "__module__", "") != "slipcover.probe")

    client: Any = agent._client
    environ = client._base_environ(
        PATH_INFO="/api/v1/contributor/customer", QUERY_STRING=f"phone=%2B{PHONE[1:]}", HTTP_X_API_KEY=agent.key
    )
    sys.setprofile(noted)
    response = client.handler.get_response(WSGIRequest(environ))
    sys.setprofile(None)
    assert (response.status_code, response.content[:1]) == (200, b"{")
    return calls


def test_a_repeat_is_answered_with_little_work(agent: Caller) -> None:
    """Counted in calls of functions, which no busy machine changes but by waking a thread that has gone to sleep."""
    for _ in range(3):
        customer(agent, **BY_PHONE)
    calls = min(calls_of_a_repeat(agent) for _ in range(3))
    assert calls <= 600, calls
