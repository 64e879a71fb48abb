"""The database comes back while somebody waits in the pool's queue, and nobody else asks."""

import threading
from pathlib import Path

from django.conf import settings
from psycopg import Connection
from psycopg_pool import ConnectionPool

from c2s_enrich.pool import look_again


def test_whoever_waits_is_served_once_the_database_is_back(tmp_path: Path, db: None) -> None:
    there = settings.DATABASES["default"]
    place = Path(str(there["HOST"] or there["OPTIONS"].get("host")))
    # an address at which nothing listens until the link is there
    late = tmp_path / "late"
    threading.Timer(2.0, late.symlink_to, [place]).start()
    with (
        ConnectionPool[Connection](
            f"host={late} port={there['PORT'] or 5432} user={there['USER']} dbname={there['NAME']}",
            min_size=0,
            max_size=2,
            reconnect_timeout=0.2,
            reconnect_failed=look_again,
            open=True,
        ) as pool,
        pool.connection(timeout=60) as connection,
    ):
        assert connection.execute("select 1").fetchone() == (1,)
