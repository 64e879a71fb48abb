"""The environment the children run in, and its traces in DATA_DIR."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from c2s_enrich.embedded.preflight import RUNNING_ENV, given

MADE_UP = ("SECRET_KEY", "WEBHOOK_SECRET", "GOOGLE_ADS_WEBHOOK_KEY")
PROVIDERS = {"C2S_BASE_URL": "/c2s", "DIRETRIX_BASE_URL": "/diretrix", "WORK_API_BASE_URL": "/work"}
CREDENTIALS = {
    "C2S_BASE_URL": ("C2S_TOKEN",),
    "DIRETRIX_BASE_URL": ("DIRETRIX_USER", "DIRETRIX_PASS"),
    "WORK_API_BASE_URL": ("WORK_API",),
}
# What another terminal needs to work with the same services.
SHARED = (
    *("DATA_DIR", "DB_URL", "DATABASE_URL", "REDIS_URL", "PORT", "ALLOWED_HOSTS", "ALLOW_HTTP_PROVIDERS"),
    *MADE_UP,
    *PROVIDERS,
    *(name for names in CREDENTIALS.values() for name in names),
)


def is_production(env: Mapping[str, str]) -> bool:
    return env.get("APP_ENV") == "production"


def sandboxed(env: Mapping[str, str]) -> list[str]:
    """The providers' addresses that nobody has set; production makes nothing up."""
    return [] if is_production(env) else [name for name in PROVIDERS if not given(env, name)]


def sandbox_settings(env: Mapping[str, str], port: int) -> dict[str, str]:
    addresses = {name: f"http://127.0.0.1:{port}{PROVIDERS[name]}" for name in sandboxed(env)}
    names = [credential for address in addresses for credential in CREDENTIALS[address]]
    return addresses | {name: "sandbox" for name in names if not given(env, name)}


def development_secrets(data_dir: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Made once and kept, so that log-ins and sealed values outlive a restart."""
    if is_production(env):
        return {}
    path = data_dir / "secrets.json"
    kept = _read(path)
    missing = {name: secrets.token_urlsafe(40) for name in MADE_UP if name not in kept}
    if missing:
        write_private(path, json.dumps(kept | missing, indent=1))
    return {name: value for name, value in (kept | missing).items() if not given(env, name)}


def _read(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others in between."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    beside.rename(path)


def write_running_env(data_dir: Path, env: Mapping[str, str]) -> Path:
    path = data_dir / RUNNING_ENV
    lines = [f"{name}='{env[name]}'\n" for name in SHARED if env.get(name)]
    write_private(path, "# Written by `make run` and removed when it stops.\n" + "".join(lines))
    return path
