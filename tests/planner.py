"""What PostgreSQL's planner goes by."""

from django.db import connection

_FORGET = """
update pg_class set relpages = 0, reltuples = -1 where relnamespace = 'public'::regnamespace;
delete from pg_statistic where starelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
"""


def unlearned() -> None:
    """As in a database just made: what another test's ANALYZE counted outlives its rows. For this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)
