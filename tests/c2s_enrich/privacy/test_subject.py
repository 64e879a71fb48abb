"""Somebody is recognised in any text, however the number is written, and nobody else is taken for them."""

import re

import pytest
from django.core.cache import cache
from django.db import connection

from c2s_enrich import sealed_cache
from c2s_enrich.privacy.everywhere import search
from c2s_enrich.privacy.subject import Subject

SUBJECT = Subject("08352123474", {"+5511987654321", "marina.prado@example.com", "+14155552671"})
HERS = (
    *("08352123474", "083.521.234-74", "8352123474", "083 521 234 74", '{"cpf": 8352123474}', "CPF08352123474"),
    *("+5511987654321", "5511987654321", "11987654321", "(11) 98765-4321", "011 98765 4321", "+55 (11) 98765-4321"),
    *("marina.prado@example.com", "Marina.Prado@Example.COM", "<marina.prado@example.com>", "+14155552671"),
)
NOT_HERS = (
    *("183521234749", "08352123475", "119876543210", "98765-4321", "551198765432", "x" * 40),
    *("amarina.prado@example.com", "marina.prado@example.com.br5".replace(".br5", "x"), "marina-prado@example.com"),
)


@pytest.mark.django_db
@pytest.mark.parametrize("text", [*HERS, *NOT_HERS])
def test_python_and_the_database_read_the_pattern_alike(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select %s ~ %s", [text, SUBJECT.pattern])
        in_database = cursor.fetchone()[0]
    assert in_database == bool(re.search(SUBJECT.pattern, text)) == (text in HERS)


def test_nobody_is_found_by_nothing() -> None:
    assert Subject().pattern == ""
    assert Subject(names={"Jo", "Li 12"}).name_pattern == ""


@pytest.mark.django_db
def test_every_kind_of_redis_key_is_searched_and_what_is_sealed_is_opened() -> None:
    name = "marina.prado@example.com"
    sealed_cache.set_many({("document", "x"): name.encode()}, ttl=60)
    cache.set("plain", name, timeout=60)
    writes = [
        lambda redis: redis.hset("a hash", name, "x"),
        lambda redis: redis.sadd("a set", name),
        lambda redis: redis.rpush("a list", name),
        lambda redis: redis.zadd("a sorted set", {name: 1}),
        lambda redis: redis.set(f"named {name}", "x"),
    ]
    for write in writes:
        sealed_cache.in_redis(write, None)
    assert search(SUBJECT.pattern).left == {"redis": len(writes) + 2}
