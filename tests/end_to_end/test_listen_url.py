import pytest
from django.db import connection

from enrichment.sandbox import Sandbox
from tests.end_to_end.workers import Workers
from tests.web_server import database_url

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_worker_listens_where_it_is_told_to(sandbox: Sandbox, workers: Workers) -> None:
    url = database_url()
    workers.start(DB_LISTEN_URL=f"{url}{'&' if '?' in url else '?'}application_name=listener")
    workers.wait(lambda: listens("listener"))
    assert not listens("c2s-enrich")


def listens(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists(select from pg_stat_activity where application_name = %s and query ilike 'listen %%'"
            " and datname = current_database())",
            [name],
        )
        return bool(cursor.fetchone()[0])
