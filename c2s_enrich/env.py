"""Reading settings: NAME from the environment, or the content of the file that NAME_FILE names."""

import os
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.retry import Retry

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DATABASE = "postgres://c2s@127.0.0.1:5432/c2s_enrich"


class Environment(environ.FileAwareEnv):
    """Collects what production lacks, so that all of it can be told at once."""

    def __init__(self) -> None:
        super().__init__()
        self.production = self.str("APP_ENV", "development") == "production"
        self.missing: list[str] = []

    def get_value(self, var: Any, cast: Any = None, default: Any = "", parse_default: bool = False) -> Any:
        """An empty value counts as none; a value is taken literally, a leading `$` included."""
        raw = self._given(str(var))
        if not raw:
            return default
        try:
            return self.parse_value(raw, cast)
        except (ValueError, ArithmeticError):
            # `from None`: the converter's own text repeats the value, which may be a secret put into the wrong line
            raise ImproperlyConfigured(f"{var} has a value that cannot be read as a number.") from None

    def _given(self, name: str) -> str:
        try:
            return str(self.ENVIRON.get(name, "")).strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read: {error.strerror}.") from None

    def decimal(self, name: str, default: str) -> Decimal:
        value: Decimal = self.get_value(name, cast=Decimal, default=Decimal(default))
        return value

    def secret(self, name: str, *, development: str = "") -> str:
        """A value with no default in production; development falls back to the one given."""
        value = self.str(name, "")
        if value or not self.production:
            return value or development
        self.missing.append(name)
        return ""

    mandatory = secret

    def money(self, name: str) -> Decimal | None:
        """An amount, or None where nothing is said."""
        amount: Decimal | None = self.get_value(name, cast=Decimal, default=None)
        return amount

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
    other_name = env.str("DATABASE_URL", "")
    url = other_name if not env.str("DB_URL", "") and other_name else env.secret("DB_URL", development=LOCAL_DATABASE)
    if not url:
        return {"ENGINE": "django.db.backends.postgresql"}
    config = _postgres(env, url, "DB_URL")
    # with a listening connection of its own, this one may come from a pooler that keeps nothing between transactions
    config["DISABLE_SERVER_SIDE_CURSORS"] = bool(env.str("DB_LISTEN_URL", ""))
    return config | {"OPTIONS": config["OPTIONS"] | {"pool": pool}}


def other_databases(env: Environment, **pool: Any) -> dict[str, dict[str, Any]]:
    """`listen`: a session of its own for the worker's notifications. `replica`: for what is only read."""
    databases = {}
    if url := env.str("DB_LISTEN_URL", ""):
        databases["listen"] = _postgres(env, url, "DB_LISTEN_URL")
    if url := env.str("DB_REPLICA_URL", ""):
        replica = _postgres(env, url, "DB_REPLICA_URL")
        databases["replica"] = replica | {"OPTIONS": replica["OPTIONS"] | {"pool": pool}}
    return databases


def _postgres(env: Environment, url: str, name: str) -> dict[str, Any]:
    config = _parts(env, url, name)
    options = {"connect_timeout": 5, "application_name": "c2s-enrich"} | config.get("OPTIONS", {})
    return config | {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,  # after a restart of PostgreSQL no request meets a dead connection
        "OPTIONS": options,
    }


def _parts(env: Environment, url: str, name: str) -> dict[str, Any]:
    try:
        parts: dict[str, Any] = env.db_url_config(url)
    except (ValueError, KeyError, ImproperlyConfigured):
        # `from None`: the parser's own text may repeat a part of the password
        raise ImproperlyConfigured(
            f"{name} cannot be read as postgres://user:password@host:port/name; "
            "signs such as @ : / # % in the password are written percent-encoded."
        ) from None
    return parts


def cache(redis_url: str, *, max_entries: int, timeout: float = 0.05) -> dict[str, Any]:
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
            "REDIS_CLIENT_CLASS": "c2s_enrich.quick_redis.QuickRedis",
            "SOCKET_CONNECT_TIMEOUT": timeout,
            "SOCKET_TIMEOUT": timeout,
            "SERIALIZER": "c2s_enrich.sealed_cache.ForgivingSerializer",
            # the sealed cache has its own breaker: a retry here would only cost the time-out again
            "CONNECTION_POOL_KWARGS": {"max_connections": 200, "retry": Retry(NoBackoff(), 0)},
        },
    }


@dataclass(frozen=True, slots=True)
class MailServer:
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    starts_tls: bool = False
    is_tls: bool = False


_MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def mail_server(url: str) -> MailServer:
    """`smtp+tls://user:password@host:port`; `smtp://` speaks in clear, `smtps://` is encrypted from the first byte."""
    if not url:
        return MailServer()
    try:
        at = urlsplit(url)
        port = at.port or _MAIL_PORTS[at.scheme]
    except (ValueError, KeyError):
        # `from None`: the parser's own text may repeat a part of the password
        raise ImproperlyConfigured("SMTP_URL cannot be read as smtp+tls://user:password@host:port.") from None
    user, password = unquote(at.username or ""), unquote(at.password or "")
    return MailServer(at.hostname or "", port, user, password, at.scheme == "smtp+tls", at.scheme == "smtps")
