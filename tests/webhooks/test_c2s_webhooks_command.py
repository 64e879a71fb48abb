"""Our webhooks are registered by command, which tells neither the token nor the secret."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from enrichment.sandbox import Sandbox
from tests.webhook_bodies import event
from webhooks.c2s import events_take_in

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "a secret/with ünusual signs"
HOOKS = {"on_create_lead", "on_update_lead", "on_close_lead"}


@pytest.fixture(autouse=True)
def _secret(settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = [SECRET, "the-former-one"]


def told(settings: Settings, *words: str) -> str:
    output = StringIO()
    try:
        call_command("c2s_webhooks", *words, stdout=output, stderr=output)
    except CommandError as error:
        output.write(f"refused: {error}")
    text = output.getvalue()
    for hidden in (SECRET, "a%20secret", "the-former-one", settings.C2S_TOKEN):
        assert hidden not in text
    return text


@pytest.mark.parametrize("base_url", ["https://enrich.example.com", "https://enrich.example.com/"])
def test_all_three_are_subscribed_with_the_secret_in_the_path(
    sandbox: Sandbox, settings: Settings, base_url: str
) -> None:
    text = told(settings, "subscribe", "--base-url", base_url)
    address = "https://enrich.example.com/api/v1/webhooks/c2s/a%20secret%2Fwith%20%C3%BCnusual%20signs"
    assert sandbox.world.crm.hooks == dict.fromkeys(HOOKS, address)
    assert "C2S keeps one endpoint per token and action" in text
    assert "They come to https://enrich.example.com/api/v1/webhooks/c2s/[secret]" in text


def test_subscribing_again_replaces_and_unsubscribing_takes_all_back(sandbox: Sandbox, settings: Settings) -> None:
    told(settings, "subscribe", "--base-url", "https://one.example.com")
    told(settings, "subscribe", "--base-url", "https://two.example.com")
    assert {url.split("/")[2] for url in sandbox.world.crm.hooks.values()} == {"two.example.com"}
    assert "one endpoint per token" in told(settings, "unsubscribe")
    assert sandbox.world.crm.hooks == {}


def test_status_tells_of_the_token_and_of_what_came_in(sandbox: Sandbox, settings: Settings) -> None:
    events_take_in(event())
    text = told(settings, "status", "--base-url", "https://enrich.example.com")
    assert "The token works: it is of Imobiliária Exemplo." in text
    assert "on_create_lead: last at 20" in text
    assert "on_close_lead: never" in text
    sandbox.faults.set("c2s", status=401)
    assert "refused: The token does not work: c2s: refused with 401" in told(settings, "status")


def test_a_failure_is_told_for_each_and_the_rest_goes_on(sandbox: Sandbox, settings: Settings) -> None:
    sandbox.faults.next("c2s", "status", operation="subscribe", status=422)
    text = told(settings, "subscribe", "--base-url", "https://enrich.example.com")
    assert "on_create_lead: c2s: refused with 422" in text
    assert "refused: 1 of 3 failed" in text
    assert len(sandbox.world.crm.hooks) == 2


@pytest.mark.parametrize(
    "base_url", ["", "enrich.example.com", "ftp://x", "https://", "https://x?secret=1", "https://user:pass@x"]
)
def test_an_address_that_is_none_is_refused(sandbox: Sandbox, settings: Settings, base_url: str) -> None:
    assert "--base-url must look like https://" in told(settings, "subscribe", "--base-url", base_url)
    assert sandbox.calls("c2s") == 0


def test_production_sends_no_secret_over_plain_http(sandbox: Sandbox, settings: Settings) -> None:
    settings.PRODUCTION = True
    assert "must look like https://" in told(settings, "subscribe", "--base-url", "http://enrich.example.com")


def test_without_a_secret_nothing_is_subscribed(sandbox: Sandbox, settings: Settings) -> None:
    settings.WEBHOOK_SECRETS = []
    assert "Set WEBHOOK_SECRET first" in told(settings, "subscribe", "--base-url", "https://enrich.example.com")
    assert sandbox.calls("c2s") == 0
