"""What a newcomer reads once everything runs."""

import json
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from c2s_enrich.embedded.django_steps import Bootstrapped
from c2s_enrich.embedded.first_lead import SAMPLE, SAMPLE_ID, WEBHOOK

COLOURS = {"web": 36, "worker": 32, "sandbox": 35, "postgres": 34, "redis": 31}
NEW_PASSWORD = "the one you have (a new one: .venv/bin/python manage.py changepassword admin)"  # noqa: S105
NEW_KEY = "the one you have (a new one: .venv/bin/python manage.py api_keys create NAME --scopes …)"


@dataclass(frozen=True)
class Printer:
    """Lines of several children on one terminal."""

    colours: bool

    @classmethod
    def for_terminal(cls) -> "Printer":
        return cls(sys.stdout.isatty() and "NO_COLOR" not in os.environ)

    def __call__(self, name: str, line: str) -> None:
        prefix = f"{name:<8} |"
        if self.colours:
            prefix = f"\x1b[{COLOURS.get(name, 33)}m{prefix}\x1b[0m"
        try:
            print(prefix, line, flush=True)
        except BrokenPipeError:  # `make run | tee` and Ctrl-C: the reader went first, and the stop goes on
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@dataclass(frozen=True)
class Access:
    """How to get in, as far as it may be shown. What came from the environment is named, not shown."""

    password: str
    key: str
    key_in_curl: str
    webhook_secret: str


def access(env: Mapping[str, str], made: Bootstrapped, made_up: Mapping[str, str]) -> Access:
    secret = made_up.get("WEBHOOK_SECRET", "$WEBHOOK_SECRET")
    password = made.admin_password or NEW_PASSWORD
    if env.get("BOOTSTRAP_ADMIN_PASSWORD"):
        password = "the one in BOOTSTRAP_ADMIN_PASSWORD"  # noqa: S105
    if env.get("BOOTSTRAP_API_KEY"):
        return Access(password, "the one in BOOTSTRAP_API_KEY", "$BOOTSTRAP_API_KEY", secret)
    return Access(password, made.api_key or NEW_KEY, made.api_key or "$API_KEY", secret)


def table(*, port: int, sandbox: int | None, access: Access, event: Mapping[str, Any] | None) -> str:
    site = f"http://localhost:{port}"
    rows = {
        "site": f"{site}/",
        "admin": f"{site}/admin/",
        "API docs": f"{site}/api/docs",
        "CRM inbox": f"http://localhost:{sandbox}/" if sandbox else "(your own C2S)",
        "log-in": f"admin / {access.password}",
        "API key": access.key,
    }
    lines = [f"  {name:<10} {value}" for name, value in rows.items()]
    commands = (_webhook(site, access, event or SAMPLE), _lead(site, access))
    return "\n".join(["", "c2s-enrich is running. Ctrl-C stops it.", "", *lines, "", "Try:", *commands, ""])


def _webhook(site: str, access: Access, event: Mapping[str, Any]) -> str:
    body = shlex.quote(json.dumps(event, ensure_ascii=False))
    header = f'-H "X-Webhook-Token: {access.webhook_secret}" -H "Content-Type: application/json"'
    return f"  curl -X POST {header} -d {body} {site}{WEBHOOK}"


def _lead(site: str, access: Access) -> str:
    return f'  curl -H "Authorization: Bearer {access.key_in_curl}" {site}/api/v1/leads/{SAMPLE_ID}'
