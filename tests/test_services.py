import os

import psycopg
import redis

from tests.services import redis_url_with_database


def test_the_session_has_a_real_database() -> None:
    with psycopg.connect(os.environ["DB_URL"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_each_worker_has_a_redis_database_of_its_own() -> None:
    assert redis_url_with_database("unix:///tmp/a%20b/redis.sock?db=0", 3) == "unix:///tmp/a%20b/redis.sock?db=3"
    assert redis_url_with_database("redis://:secret@host:6379/0", 3) == "redis://:secret@host:6379/3"
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        assert client.connection_pool.connection_kwargs["db"] == int(worker.removeprefix("gw")) + 1
    assert client.ping()
    client.close()
