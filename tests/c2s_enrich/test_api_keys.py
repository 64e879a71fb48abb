import json
import time
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from c2s_enrich import counters, key_pulse, known_keys, sealed_cache
from c2s_enrich.api_keys import Caller, HasScope
from c2s_enrich.errors import Refusal
from c2s_enrich.key_pulse import Buckets, Limit
from c2s_enrich.models import ApiKey, Scope, api_key_limit, api_key_make, api_key_revoke, hash_of_key

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/leads/nobody"


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Any:
    """Within it a change is announced as after a commit."""
    return django_capture_on_commit_callbacks


def ask(client: Client, **headers: str) -> tuple[int, str]:
    answer = client.get(ADDRESS, headers=headers)
    return answer.status_code, answer.json()["code"]


def test_a_bearer_key_is_let_in(client: Client, key: str) -> None:
    assert ask(client, Authorization=f"Bearer {key}") == (404, "unknown_lead")
    assert ask(client, Authorization=f"bearer  {key} ") == (404, "unknown_lead")


def test_a_key_in_its_own_header_is_let_in(client: Client, key: str) -> None:
    assert ask(client, **{"X-API-Key": key}) == (404, "unknown_lead")
    assert ask(client, **{"X-API-Key": key, "Authorization": "Basic YTpi"}) == (404, "unknown_lead")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer "}, {"Authorization": "Basic YTpi"}])
def test_without_a_key_nobody_is_let_in(client: Client, headers: dict[str, str]) -> None:
    answer = client.get(ADDRESS, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "no_key")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("given", ["c2s_unknown", "ção", "x" * 5000, "' or 1=1 --"])
def test_an_unknown_key_is_refused_and_not_repeated(client: Client, given: str) -> None:
    answer = client.get(ADDRESS, headers={"X-API-Key": given})
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown_key")
    assert given not in answer.content.decode()


def test_an_expired_key_is_refused(client: Client) -> None:
    now = timezone.now()
    _, expired = api_key_make(name="old", scopes=[Scope.LOOKUP], expires_at=now)
    _, valid = api_key_make(name="new", scopes=[Scope.LOOKUP], expires_at=now + timedelta(minutes=1))
    assert ask(client, **{"X-API-Key": expired}) == (401, "unknown_key")
    assert ask(client, **{"X-API-Key": valid})[0] == 404


def test_a_revoked_key_is_refused_at_once(client: Client, key: str, committed: Any) -> None:
    assert ask(client, **{"X-API-Key": key})[0] == 404
    with committed(execute=True):
        assert api_key_revoke(key=ApiKey.objects.get())
    assert ask(client, **{"X-API-Key": key}) == (401, "unknown_key")
    assert not api_key_revoke(key=ApiKey.objects.get())


def test_a_key_without_the_scope_is_told_which_one_it_lacks(client: Client) -> None:
    _, key = api_key_make(name="metrics only", scopes=[Scope.METRICS])
    answer = client.get(ADDRESS, headers={"X-API-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert answer.json()["error"] == "This key lacks the scope `lookup`."


def test_a_view_that_names_no_scope_is_open_to_nobody(key: str) -> None:
    request = Request(APIRequestFactory().get("/"))
    request.user = Caller(ApiKey.objects.get())
    with pytest.raises(Refusal) as refused:
        HasScope().has_permission(request, APIView())
    assert refused.value.status_code == 403


def test_only_a_hash_of_the_key_is_stored(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select k::text from api_keys k")
        [[row]] = cursor.fetchall()
    assert key not in row
    assert key[8:] not in row


def test_a_scope_that_does_not_exist_cannot_be_stored() -> None:
    with pytest.raises(IntegrityError):
        api_key_make(name="odd", scopes=["everything"])


def test_the_last_use_is_noted_but_not_at_every_request(
    client: Client, key: str, django_assert_num_queries: Any
) -> None:
    ask(client, **{"X-API-Key": key})
    noted = ApiKey.objects.get().last_used_at
    assert noted is not None
    with django_assert_num_queries(1):  # the lead
        ask(client, **{"X-API-Key": key})
    assert ApiKey.objects.get().last_used_at == noted


def test_keys_are_made_listed_limited_and_revoked_by_command(client: Client, committed: Any) -> None:
    key = said("api_keys", "create", "partner", "--scopes", "lookup", "pii", "--rate", "3", "--days", "2")
    made = ApiKey.objects.get()
    assert (made.name, made.scopes, made.rate_per_second, made.burst) == ("partner", ["lookup", "pii"], 3, 6)
    assert made.expires_at is not None
    assert timedelta(days=1.9) < made.expires_at - timezone.now() <= timedelta(days=2)
    assert key not in said("api_keys", "list")
    assert said("api_keys", "list").endswith("valid    partner  [lookup pii]")
    assert ask(client, **{"X-API-Key": key})[0] == 404
    assert said("api_keys", "limit", key[:8], "7") == "Limited: partner, 7 a second"
    made.refresh_from_db()
    assert (made.rate_per_second, made.burst) == (7, 14)
    with committed(execute=True):
        assert said("api_keys", "revoke", "partner") == "Revoked: partner"
    assert "revoked  partner" in said("api_keys", "list")
    assert ask(client, **{"X-API-Key": key}) == (401, "unknown_key")


def test_a_beginning_that_fits_no_key_revokes_nothing(key: str) -> None:
    with pytest.raises(CommandError, match="0 valid keys begin with that"):
        said("api_keys", "revoke", "nothing!")
    assert ApiKey.objects.usable().count() == 1


def test_the_first_start_makes_one_user_and_one_key(client: Client) -> None:
    made = json.loads(said("bootstrap"))
    assert get_user_model().objects.get(username="admin").check_password(made["admin_password"])
    assert ask(client, **{"X-API-Key": made["api_key"]}) == (404, "unknown_lead")
    kept = ApiKey.objects.get()
    assert (set(kept.scopes), kept.rate_per_second) == (set(Scope.values), 100)
    assert json.loads(said("bootstrap")) == {"admin_password": None, "api_key": None, "first_start": False}
    assert (get_user_model().objects.count(), ApiKey.objects.count()) == (1, 1)


def test_the_environment_may_choose_password_and_key(settings: Any, client: Client) -> None:
    settings.BOOTSTRAP_ADMIN_PASSWORD, settings.BOOTSTRAP_API_KEY = "chosen-password", "chosen-key-of-the-tests"
    said("bootstrap")
    assert get_user_model().objects.get(username="admin").check_password("chosen-password")
    assert ask(client, **{"X-API-Key": "chosen-key-of-the-tests"}) == (404, "unknown_lead")


def test_a_key_is_asked_of_the_database_once_in_half_an_hour(
    client: Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    usable = ApiKey.objects.usable
    monkeypatch.setattr(type(ApiKey.objects), "usable", lambda self: asked.append("x") or usable())
    for _ in range(5):
        assert ask(client, **{"X-API-Key": key})[0] == 404
    assert len(asked) == 1
    now = time.monotonic()
    monkeypatch.setattr(known_keys.time, "monotonic", lambda: now + known_keys.KNOWN_FOR + 1)
    ask(client, **{"X-API-Key": key})
    assert len(asked) == 2


def test_a_known_key_expires_all_the_same(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    later = timezone.now() + timedelta(seconds=61)
    _, key = api_key_make(name="short", scopes=[Scope.LOOKUP], expires_at=later - timedelta(seconds=1))
    assert ask(client, **{"X-API-Key": key})[0] == 404
    monkeypatch.setattr(known_keys.timezone, "now", lambda: later)
    assert ask(client, **{"X-API-Key": key}) == (401, "unknown_key")


def test_a_change_while_the_key_was_being_read_is_noticed(client: Client, key: str, committed: Any) -> None:
    """Read before the commit, remembered after it: the generation of before tells."""
    kept = ApiKey.objects.get()
    beat = known_keys.pulse(known_keys.NO_LIMIT)
    assert beat is not None
    with committed(execute=True):
        api_key_revoke(key=kept)
    known_keys._known[hash_of_key(key)] = known_keys.Known(
        kept, known_keys.limit_of(kept), beat.generation, time.monotonic() + 99
    )
    assert ask(client, **{"X-API-Key": key}) == (401, "unknown_key")


def test_an_emptied_redis_counts_as_a_change(client: Client, key: str) -> None:
    ask(client, **{"X-API-Key": key})
    ApiKey.objects.update(revoked_at=timezone.now())
    assert ask(client, **{"X-API-Key": key})[0] == 404
    sealed_cache.in_redis(lambda redis: redis.flushdb(), None)
    assert ask(client, **{"X-API-Key": key}) == (401, "unknown_key")


def test_without_redis_each_request_asks_the_database(client: Client, key: str, settings: Any) -> None:
    settings.REDIS_URL = ""
    assert ask(client, **{"X-API-Key": key})[0] == 404
    ApiKey.objects.update(revoked_at=timezone.now())
    assert ask(client, **{"X-API-Key": key}) == (401, "unknown_key")


def test_a_revocation_that_redis_did_not_hear_is_told_once_it_is_back(
    client: Client, key: str, committed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed_cache._breaker = sealed_cache._Breaker(pauses=(0.05,))
    ask(client, **{"X-API-Key": key})
    with monkeypatch.context() as away, committed(execute=True):
        away.setattr(sealed_cache, "get_redis_connection", lambda alias: 1 / 0)
        api_key_revoke(key=ApiKey.objects.get())
        away.undo()
    assert sealed_cache.settle(within=2)
    assert ask(client, **{"X-API-Key": key}) == (401, "unknown_key")


def test_a_new_limit_holds_from_the_next_request_on(client: Client, committed: Any) -> None:
    row, key = api_key_make(name="fast", scopes=[Scope.LOOKUP], rate_per_second=0)
    assert [ask(client, **{"X-API-Key": key})[0] for _ in range(5)] == [404] * 5
    with committed(execute=True):
        assert api_key_limit(key=row, rate_per_second=1, burst=2)
    began = time.monotonic()
    answered = [ask(client, **{"X-API-Key": key})[0] for _ in range(10)]
    # the request that hears of the change is still counted by the limit of before; one more for each second that passed
    assert answered[:3] == [404] * 3
    assert answered.count(404) <= 3 + time.monotonic() - began


@pytest.mark.parametrize("redis", [True, False])
def test_who_asks_too_often_is_told_when_to_ask_again(client: Client, settings: Any, redis: bool) -> None:
    settings.REDIS_URL = settings.REDIS_URL if redis else ""
    row, key = api_key_make(name="slow", scopes=[Scope.LOOKUP], rate_per_second=1)
    ApiKey.objects.filter(pk=row.pk).update(burst=3)
    assert [ask(client, **{"X-API-Key": key})[0] for _ in range(3)] == [404] * 3
    # a slow machine may give the bucket its next drop meanwhile
    answers = [client.get(ADDRESS, headers={"X-API-Key": key}) for _ in range(10)]
    answer = next(answer for answer in answers if answer.status_code == 429)
    assert (answer.json()["code"], answer["Retry-After"]) == ("too_many_requests", "1")
    _, other = api_key_make(name="other", scopes=[Scope.LOOKUP], rate_per_second=1)
    assert ask(client, **{"X-API-Key": other})[0] == 404


def test_a_bucket_fills_again_at_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now, buckets, limit = 100.0, Buckets(), Limit(UUID(int=1), rate=10, burst=20)
    monkeypatch.setattr(key_pulse.time, "monotonic", lambda: now)
    assert [buckets.wait(limit) for _ in range(20)] == [0.0] * 20
    assert 0 < buckets.wait(limit) <= 0.1001
    now += 0.5
    assert [buckets.wait(limit) > 0 for _ in range(6)] == [False] * 5 + [True]


def test_the_holders_of_keys_are_a_cache_that_is_counted(client: Client, key: str) -> None:
    for _ in range(3):
        ask(client, **{"X-API-Key": key})
    told = counters.totals()
    assert (told["userCache.misses"], told["userCache.hits"]) == (1, 2)


def said(*words: str) -> str:
    output = StringIO()
    call_command(*words, stdout=output)
    return output.getvalue().strip()
