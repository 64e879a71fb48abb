"""Reading settings: NAME from the environment, or the content of the file that NAME_FILE names."""

import os
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.retry import Retry

BASE_DIR = Path(__file__).resolve().parent.parent


class Environment(environ.FileAwareEnv):
    """Collects what production lacks, so that all of it can be told at once."""

    def __init__(self) -> None:
        super().__init__()
        self.production = self.str("APP_ENV", "development") == "production"
        self.missing: list[str] = []

    def secret(self, name: str, *, development: str = "") -> str:
        """A value with no default in production; development falls back to the one given."""
        value = self.str(name, "")
        if value or not self.production:
            return value or development
        self.missing.append(name)
        return ""

    mandatory = secret

    def refuse_if_incomplete(self) -> None:
        if self.missing:
            names = ", ".join(sorted(self.missing))
            raise ImproperlyConfigured(f"APP_ENV=production needs these settings, and they are missing: {names}")


def environment() -> Environment:
    """The process's environment; in development also `.env` and what a running `make run` wrote down."""
    if os.environ.get("APP_ENV", "development") != "production":
        data_dir = Path(os.environ.get("DATA_DIR", BASE_DIR / "var"))
        for file in (BASE_DIR / ".env", data_dir / "running.env"):
            if file.is_file():
                environ.Env.read_env(file)
    return Environment()


def database(env: Environment, **pool: Any) -> dict[str, Any]:
    """PostgreSQL through psycopg's pool: `CONN_MAX_AGE` must be 0 with it."""
    name = "DATABASE_URL" if "DATABASE_URL" in os.environ and "DB_URL" not in os.environ else "DB_URL"
    url = env.secret(name, development="postgres://c2s@127.0.0.1:5432/c2s_enrich")
    if not url:
        return {"ENGINE": "django.db.backends.postgresql"}
    config = env.db_url_config(url)
    options = {"connect_timeout": 5, "application_name": "c2s-enrich"} | config.get("OPTIONS", {})
    return config | {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0,
        "OPTIONS": options | {"pool": pool},
    }


def cache(redis_url: str, *, max_entries: int) -> dict[str, Any]:
    """One alias only: two with the same address would share one pool, and the first one's time-outs."""
    if not redis_url:
        return {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "c2s-enrich",
            "OPTIONS": {"MAX_ENTRIES": max_entries},
        }
    return {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": redis_url,
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": 0.05,
            "SOCKET_TIMEOUT": 0.05,
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            # the sealed cache has its own breaker: a retry here would only cost the time-out again
            "CONNECTION_POOL_KWARGS": {"max_connections": 200, "retry": Retry(NoBackoff(), 0)},
        },
    }
