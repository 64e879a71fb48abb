"""What a stranger with a dump of Redis sees, and what a lost Redis costs."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.cache import cache, caches
from django_redis import get_redis_connection as connected

from c2s_enrich import sealed_cache
from c2s_enrich.embedded.child import Child, wait_until
from c2s_enrich.embedded.services import start_services
from c2s_enrich.env import cache as cache_settings
from tests.services import redis_url_with_database

PHONE, EMAIL, DOCUMENT = ("phone", "+5511987654321"), ("email", "marina@example.com"), ("document", "52998224725")
VALUE = b'{"cpf": "52998224725", "name": "MARINA ALVES PRADO"}'
# a twentieth of a second is waited; without a limit it would be until the end of the test
LESS_THAN_FOR_EVER = 2.0
OLD_KEY, NEW_KEY = "an-old-key-" + "o" * 40, "a-new-key-" + "n" * 40


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Child]]:
    """A server that may be stopped without harm to anybody else's tests."""
    with start_services(tmp_path_factory.mktemp("own-redis"), with_postgres=False) as services:
        assert services.redis_url
        yield services.redis_url, services.children[0]


@pytest.fixture
def server(own_redis: tuple[str, Child], settings: Any) -> Iterator[Child]:
    url, child = own_redis
    settings.REDIS_URL = url
    # a busy machine is no outage
    settings.CACHES = {"default": cache_settings(url, max_entries=10, timeout=10)}
    cache.clear()
    sealed_cache._believed.generation = None
    yield child
    os.kill(child.pid, signal.SIGCONT)


@pytest.fixture
def raw(server: Child, settings: Any) -> Iterator[redis.Redis]:
    """Redis as somebody sees it who reads or writes there behind our back."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    yield client
    client.close()


@pytest.fixture
def hung(server: Child, settings: Any) -> Child:
    """It will be: what production waits for it is waited for here."""
    # another address, for one address has one pool, with the time-outs of whoever came first
    settings.REDIS_URL = redis_url_with_database(settings.REDIS_URL, 1)
    settings.CACHES = {"default": cache_settings(settings.REDIS_URL, max_entries=10)}
    return server


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_cache, "_breaker", sealed_cache._Breaker(pauses=(0.2,)))


def entry_of(raw: redis.Redis, name: tuple[str, str]) -> bytes:
    [key] = [key for key in raw.scan_iter() if sealed_cache.identifier_hash(*name).encode() in key]
    return bytes(key)


def remembered(*names: tuple[str, str]) -> dict[tuple[str, str], bytes]:
    return sealed_cache.get_many(names)


def test_what_was_remembered_is_found_by_kind_and_value(raw: redis.Redis) -> None:
    sealed_cache.set_many({PHONE: VALUE, EMAIL: b"nobody"}, ttl=60)
    assert remembered(PHONE, EMAIL, DOCUMENT) == {PHONE: VALUE, EMAIL: b"nobody"}
    assert remembered(("email", PHONE[1])) == {}


def test_a_dump_shows_nobody(raw: redis.Redis) -> None:
    sealed_cache.set_many({PHONE: VALUE, EMAIL: VALUE, DOCUMENT: VALUE}, ttl=60)
    dump = b"\n".join(key + b"\n" + raw.get(key) for key in raw.scan_iter())
    for private in (b"11987654321", b"marina", b"MARINA", b"52998224725", b"phone", b"email", b"cpf"):
        assert private not in dump
    assert raw.dbsize() == 4  # and the generation


def test_nothing_is_pickled(raw: redis.Redis) -> None:
    sealed_cache.set_many({PHONE: VALUE}, ttl=60)
    assert raw.get(entry_of(raw, PHONE))[:1] == b"\x01"
    raw.set(entry_of(raw, PHONE), b"\x80\x04cos\nsystem\n(S'true'\ntR.")
    assert remembered(PHONE) == {}


def test_two_equal_values_look_different(raw: redis.Redis) -> None:
    sealed_cache.set_many({PHONE: VALUE, EMAIL: VALUE}, ttl=60)
    assert raw.get(entry_of(raw, PHONE))[13:] != raw.get(entry_of(raw, EMAIL))[13:]


def test_a_moved_entry_is_a_miss(raw: redis.Redis) -> None:
    sealed_cache.set_many({PHONE: VALUE, EMAIL: b"other"}, ttl=60)
    raw.set(entry_of(raw, PHONE), raw.get(entry_of(raw, EMAIL)))
    assert remembered(PHONE, EMAIL) == {EMAIL: b"other"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: kept[:30] + bytes([kept[30] ^ 1]) + kept[31:],
        lambda kept: kept[:-5],
        lambda kept: b"\x02" + kept[1:],
        lambda kept: kept[:20],
        lambda _: b"",
        lambda _: b"\xff\xfe\x00",
        lambda _: b"null",
    ],
)
def test_a_damaged_entry_is_a_miss_and_harms_no_other(raw: redis.Redis, damage: Callable[[bytes], bytes]) -> None:
    sealed_cache.set_many({PHONE: VALUE, EMAIL: VALUE}, ttl=60)
    key = entry_of(raw, PHONE)
    raw.set(key, damage(raw.get(key)))
    assert remembered(PHONE, EMAIL) == {EMAIL: VALUE}
    assert sealed_cache.reachable()


def test_an_entry_of_another_format_is_a_miss(raw: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed_cache.set_many({PHONE: VALUE}, ttl=60)
    monkeypatch.setattr(sealed_cache, "_FORMAT", 2)
    assert remembered(PHONE) == {}


def test_an_entry_under_a_strange_key_is_not_even_found(raw: redis.Redis, settings: Any) -> None:
    sealed_cache.set_many({PHONE: VALUE}, ttl=60)
    settings.SECRET_KEY = NEW_KEY
    assert remembered(PHONE) == {}


def test_while_keys_rotate_both_open(raw: redis.Redis, settings: Any) -> None:
    settings.SECRET_KEY = OLD_KEY
    sealed_cache.set_many({PHONE: VALUE}, ttl=60)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW_KEY, [OLD_KEY]
    sealed_cache.set_many({EMAIL: VALUE}, ttl=60)
    assert remembered(PHONE, EMAIL) == {PHONE: VALUE, EMAIL: VALUE}
    settings.SECRET_KEY_FALLBACKS = []
    assert remembered(PHONE, EMAIL) == {EMAIL: VALUE}


def test_while_keys_rotate_the_newer_entry_counts(raw: redis.Redis, settings: Any) -> None:
    settings.SECRET_KEY = OLD_KEY
    sealed_cache.set_many({PHONE: b"old"}, ttl=60)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW_KEY, [OLD_KEY]
    sealed_cache.set_many({PHONE: b"new"}, ttl=60)
    assert remembered(PHONE) == {PHONE: b"new"}
    sealed_cache.delete_many([PHONE])
    assert remembered(PHONE) == {}


def test_the_hash_depends_on_kind_value_and_key(settings: Any) -> None:
    before = sealed_cache.identifier_hash(*PHONE)
    assert before != sealed_cache.identifier_hash("email", PHONE[1])
    assert before != sealed_cache.identifier_hash("phone", EMAIL[1])
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW_KEY, [settings.SECRET_KEY]
    current, former = sealed_cache.identifier_hashes(*PHONE)
    assert (former, current) == (before, sealed_cache.identifier_hash(*PHONE))
    assert current != former


def test_forgetting_one_leaves_the_others(raw: redis.Redis) -> None:
    sealed_cache.set_many({PHONE: VALUE, EMAIL: VALUE}, ttl=60)
    assert sealed_cache.delete_many([PHONE]) == 1
    assert remembered(PHONE, EMAIL) == {EMAIL: VALUE}
    assert sealed_cache.delete_many([]) == 0


def test_forgetting_everything_is_one_write_however_much_there_is(raw: redis.Redis) -> None:
    names = [("phone", f"+55119{number:08d}") for number in range(500)]
    sealed_cache.set_many(dict.fromkeys(names, VALUE), ttl=60)
    assert len(remembered(*names)) == 500
    before = commands(raw)
    sealed_cache.forget_everything()
    assert commands(raw) - before <= 2  # the write, and this look at the counter
    assert remembered(*names) == {}
    sealed_cache.set_many({PHONE: VALUE}, ttl=60)
    assert remembered(PHONE) == {PHONE: VALUE}


def test_what_another_process_made_everybody_forget_is_not_remembered_again(raw: redis.Redis) -> None:
    remembered(PHONE)
    sealed_cache.set_many({PHONE: VALUE}, ttl=60)
    raw.set(cache.make_key("c2s:generation"), b"another")
    sealed_cache.set_many({EMAIL: VALUE}, ttl=60)
    assert remembered(PHONE, EMAIL) == {}
    sealed_cache.set_many({EMAIL: VALUE}, ttl=60)
    assert remembered(EMAIL) == {EMAIL: VALUE}


def commands(raw: redis.Redis) -> int:
    return int(raw.info("stats")["total_commands_processed"])


def test_what_is_written_together_does_not_end_together(raw: redis.Redis) -> None:
    names = [("phone", f"+55119{number:08d}") for number in range(1000)]
    began = time.monotonic()
    sealed_cache.set_many(dict.fromkeys(names, b"x"), ttl=1000)
    left = [raw.ttl(key) for key in raw.scan_iter() if b":k:" in key]
    assert len(left) == 1000
    assert min(left) >= 899 - (time.monotonic() - began)
    assert max(left) <= 1100
    assert len(set(left)) > 4


def test_reading_many_is_one_round_trip(raw: redis.Redis) -> None:
    sealed_cache.set_many({PHONE: VALUE}, ttl=60)
    before = commands(raw)
    remembered(PHONE, EMAIL, DOCUMENT)
    assert commands(raw) - before <= 2


def test_a_hung_redis_costs_one_call_its_time_out_and_comes_back_by_itself(
    hung: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wait_until(lambda: (sealed_cache.set_many({PHONE: VALUE}, ttl=600), remembered(PHONE))[1] != {}, 60)
    os.kill(hung.pid, signal.SIGSTOP)
    assert best_of_three(lambda: remembered(PHONE)) < LESS_THAN_FOR_EVER
    tried: list[str] = []
    monkeypatch.setattr(sealed_cache, "get_redis_connection", lambda name: (tried.append(name), connected(name))[1])
    sealed_cache._breaker = sealed_cache._Breaker(pauses=(600.0,))
    assert [remembered(PHONE) for _ in range(20)] == [{}] * 20
    assert not sealed_cache.reachable()
    assert len(tried) == 1
    os.kill(hung.pid, signal.SIGCONT)
    # as if the pause were over
    sealed_cache._breaker = sealed_cache._Breaker(pauses=(0.2,))
    assert wait_until(lambda: remembered(PHONE) == {PHONE: VALUE}, 60)


@pytest.mark.parametrize(
    "call",
    [
        lambda: sealed_cache.set_many({PHONE: VALUE}, ttl=60),
        lambda: sealed_cache.delete_many([PHONE]),
        sealed_cache.forget_everything,
        sealed_cache.reachable,
    ],
)
def test_no_call_waits_long_for_a_hung_redis(hung: Child, call: Callable[[], object]) -> None:
    os.kill(hung.pid, signal.SIGSTOP)
    assert best_of_three(call) < LESS_THAN_FOR_EVER


def test_connections_that_redis_has_closed_are_opened_again(raw: redis.Redis) -> None:
    sealed_cache.set_many({PHONE: VALUE}, ttl=60)
    for _ in range(2):
        assert remembered(PHONE) == {PHONE: VALUE}
        raw.client_kill_filter(_type="normal", skipme=True)
    assert remembered(PHONE) == {PHONE: VALUE}


def test_a_forked_process_opens_connections_of_its_own(server: Child) -> None:
    sealed_cache.set_many({PHONE: VALUE}, ttl=60)
    child = os.fork()
    if not child:
        for _ in range(200):
            sealed_cache.get_many([EMAIL])
        os._exit(0)
    assert all(remembered(PHONE) == {PHONE: VALUE} for _ in range(200))
    assert os.waitpid(child, 0)[1] == 0


def test_a_redis_that_is_gone_is_a_miss(settings: Any) -> None:
    settings.CACHES = {"default": cache_settings("redis://127.0.0.1:9/0", max_entries=10)}
    sealed_cache.set_many({PHONE: VALUE}, ttl=60)
    assert remembered(PHONE) == {}
    assert not sealed_cache.reachable()


@pytest.mark.parametrize("forget", [lambda: sealed_cache.delete_many([PHONE]), sealed_cache.forget_everything])
def test_what_could_not_be_forgotten_is_never_served_again(
    server: Child, quick: None, monkeypatch: pytest.MonkeyPatch, forget: Callable[[], object]
) -> None:
    sealed_cache.set_many({PHONE: VALUE}, ttl=60)
    with monkeypatch.context() as away:
        for name in ("delete_many", "set"):
            away.setattr(type(caches["default"]), name, lost)
        forget()
    assert wait_until(sealed_cache.reachable, 60)
    assert remembered(PHONE) == {}


def lost(*_: object, **__: object) -> None:
    raise ConnectionError


def test_the_pauses_grow_and_one_caller_at_a_time_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(sealed_cache.time, "monotonic", lambda: now)
    breaker, tried = sealed_cache._Breaker(), []

    def fail() -> bool:
        tried.append(now)
        raise ConnectionError

    while now < 120:
        breaker.attempt(fail, False)
        breaker.attempt(fail, False)
        now += 0.5
    assert tried == [100, 101, 103, 108, 113, 118]
    now = 130
    assert breaker.attempt(lambda: True, False)
    assert breaker.attempt(lambda: True, False)


def test_the_in_process_cache_holds_the_same_promises(settings: Any) -> None:
    settings.CACHES, settings.REDIS_URL = {"default": cache_settings("", max_entries=10)}, ""
    sealed_cache.set_many({PHONE: VALUE}, ttl=60)
    assert remembered(PHONE) == {PHONE: VALUE}
    sealed_cache.forget_everything()
    assert remembered(PHONE) == {}


def best_of_three(deed: Callable[[], object]) -> float:
    """Seconds, each time as if nobody knew yet that Redis hangs; a busy machine may spoil one measurement."""
    taken = []
    for _ in range(3):
        sealed_cache._breaker = sealed_cache._Breaker(pauses=(0.2,))
        began = time.perf_counter()
        deed()
        taken.append(time.perf_counter() - began)
    return min(taken)


def test_only_one_module_touches_the_cache() -> None:
    root = Path(sealed_cache.__file__).parents[1]
    files = [
        path for room in ("c2s_enrich", "parties", "enrichment", "webhooks") for path in (root / room).rglob("*.py")
    ]
    touching = {path.name for path in files if "django.core.cache import" in path.read_text()}
    assert touching == {"sealed_cache.py"}
