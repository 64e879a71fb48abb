from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from c2s_enrich import prepared
from c2s_enrich.prepared import Statement, rows_of

STATEMENT = Statement("one_key", "text", "select name from api_keys where prefix = $1")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _unprepared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(prepared, "_in_vain", False)
    with connection.cursor() as cursor:
        cursor.execute("deallocate all")
    prepared._held.clear()
    yield
    prepared._held.clear()


def said(value: str = "c2s_") -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert rows_of(STATEMENT, value, using="default") == []
    return [query["sql"].split()[0] for query in captured]


def test_a_statement_is_prepared_once_per_connection() -> None:
    assert [said("it's"), said(), said()] == [["prepare", "execute"], ["execute"], ["execute"]]


def test_postgresql_keeps_the_plan() -> None:
    for _ in range(7):
        said()
    with connection.cursor() as cursor:
        cursor.execute("select generic_plans from pg_prepared_statements where name = 'one_key'")
        assert cursor.fetchone()[0] > 0


def test_a_transaction_is_not_spoilt_by_a_name_that_went_away() -> None:
    with transaction.atomic():
        assert said() == ["select"]


def test_behind_a_pooler_that_was_told_of_nothing_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "DISABLE_SERVER_SIDE_CURSORS", True)
    assert said() == ["select"]


@pytest.mark.parametrize("pooler_did", ["deallocate all", "prepare one_key (text) as select $1"])
def test_a_pooler_that_nobody_told_of_is_noticed(pooler_did: str) -> None:
    if "deallocate" in pooler_did:
        said()
    with connection.cursor() as cursor:
        cursor.execute(pooler_did)
    assert said()[-1] == "select"
    assert said() == ["select"]
