import shlex
from typing import Any

from c2s_enrich.embedded import banner
from c2s_enrich.embedded.django_steps import Bootstrapped

MADE = Bootstrapped(admin_password="shown-once", api_key="key-shown-once")
EVENT: dict[str, Any] = {"id": "abc", "attributes": {"customer": {"name": "Ana D'Ávila"}}}


def told(env: dict[str, str], made: Bootstrapped, made_up: dict[str, str]) -> str:
    access = banner.access(env, made, made_up)
    return banner.table(port=8081, sandbox=8082, access=access, event=EVENT)


def test_the_first_start_shows_log_in_and_key_in_working_lines() -> None:
    text = told({}, MADE, {"WEBHOOK_SECRET": "made-up"})
    assert "admin / shown-once" in text
    webhook, lead = [shlex.split(line) for line in text.splitlines() if line.startswith("  curl")]
    assert "X-Webhook-Token: made-up" in webhook
    assert '{"id": "abc", "attributes": {"customer": {"name": "Ana D\'Ávila"}}}' in webhook
    assert "Authorization: Bearer key-shown-once" in lead


def test_a_later_start_says_how_to_get_new_ones() -> None:
    text = told({}, Bootstrapped(None, None), {"WEBHOOK_SECRET": "made-up"})
    assert "manage.py changepassword admin" in text
    assert "manage.py api_keys create" in text
    assert "Bearer $API_KEY" in text


def test_what_came_from_the_environment_is_named_and_not_shown() -> None:
    env = {"BOOTSTRAP_ADMIN_PASSWORD": "mine-1", "BOOTSTRAP_API_KEY": "mine-2", "WEBHOOK_SECRET": "mine-3"}
    text = told(env, Bootstrapped("mine-1", "mine-2"), {})
    assert "mine-" not in text
    assert "Bearer $BOOTSTRAP_API_KEY" in text
    assert "X-Webhook-Token: $WEBHOOK_SECRET" in text


def test_colours_are_for_terminals_only() -> None:
    assert not banner.Printer.for_terminal().colours
