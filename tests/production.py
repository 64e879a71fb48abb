"""A complete production environment of which nothing is true, for tests that start a process of their own."""

import os
import subprocess
from collections.abc import Sequence

from tests import nursery

ROOT = nursery.ROOT
MANDATORY = {
    "ALLOWED_HOSTS": "c2s-enrich.example.com",
    "C2S_TOKEN": "made-up-c2s-token-of-nobody",
    "DB_URL": "postgres://made-up:made-up-database-password@127.0.0.1:9/nowhere",
    "DIRETRIX_BASE_URL": "https://diretrix.example.com",
    "DIRETRIX_PASS": "made-up-diretrix-password",
    "DIRETRIX_USER": "made-up-diretrix-user",
    "SECRET_KEY": "made-up-and-long-enough-0123456789-abcdefghijklmnopqrstuvwxyz",
    "WEBHOOK_SECRET": "made-up-webhook-secret",
    "WORK_API": "made-up-work-api-token",
}
SECRETS = ("C2S_TOKEN", "DIRETRIX_PASS", "SECRET_KEY", "WEBHOOK_SECRET", "WORK_API")
FROM_THE_MACHINE = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH")


def environment(*, without: Sequence[str] = (), **settings: str) -> dict[str, str]:
    """What the machine needs, and production's settings; nothing of this process's own."""
    machine = {name: os.environ[name] for name in FROM_THE_MACHINE if name in os.environ}
    kept = {name: value for name, value in MANDATORY.items() if name not in without}
    return machine | {"APP_ENV": "production"} | kept | settings


def manage(*words: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return nursery.run([*words], env)
