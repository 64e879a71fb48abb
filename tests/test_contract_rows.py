"""Every row of the contract's table: who is let in, with and without a slash, and what each answer carries."""

import pytest
from django.test import Client
from pytest_django import Settings

from c2s_enrich.models import Scope, api_key_make
from c2s_enrich.openapi_words import EXAMPLES
from tests.test_openapi import CONTRACT

pytestmark = pytest.mark.django_db
ROWS = [pytest.param(method, path, scope, id=f"{method} {path}") for (method, path), scope in CONTRACT.items()]
WITH_KEY = [row for row in ROWS if row.values[2]]
REFUSED_ENTRY = (401, 403)


@pytest.fixture(autouse=True)
def _at_once(settings: Settings) -> None:
    settings.PROCESS_WAIT_SECONDS = 0
    settings.WEBHOOK_SECRETS = ["the-right-secret"]


def ask(client: Client, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """The status, the headers and the word; the body says nothing, for whoever is let in may be refused for that."""
    address = path.format(**EXAMPLES)
    answer = client.generic(method.upper(), address, b"", content_type="application/json", headers=headers)
    told = answer.json() if answer["Content-Type"] == "application/json" else {}
    return answer.status_code, dict(answer.headers), told.get("code", "")


def key(*scopes: Scope) -> dict[str, str]:
    return {"X-API-Key": api_key_make(name="rows", scopes=scopes, rate_per_second=0)[1]}


@pytest.mark.parametrize(("method", "path", "scope"), WITH_KEY)
def test_a_row_lets_in_its_scope_and_no_other(client: Client, method: str, path: str, scope: Scope) -> None:
    others = key(*(other for other in Scope if other != scope))
    assert ask(client, method, path)[::2] == (401, "no_key")
    assert ask(client, method, path, **{"X-API-Key": "c2s_of-nobody"})[::2] == (401, "unknown_key")
    assert ask(client, method, path, **others)[::2] == (403, "scope_missing")
    right = key(scope)
    assert ask(client, method, path, **right)[0] not in REFUSED_ENTRY
    bearer = {"Authorization": f"Bearer {right['X-API-Key']}"}
    assert ask(client, method, path, **bearer)[0] not in REFUSED_ENTRY


@pytest.mark.parametrize(("method", "path", "scope"), ROWS)
def test_a_row_answers_with_and_without_a_slash(client: Client, method: str, path: str, scope: Scope | None) -> None:
    given = {"X-Request-ID": "of-the-caller", **(key(scope) if scope else {})}
    status, headers, code = ask(client, method, path, **given)
    assert ask(client, method, path + "/", **given)[::2] == (status, code)
    assert not 300 <= status < 400
    assert (headers["X-Request-ID"], headers["Cache-Control"]) == ("of-the-caller", "no-store")
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("method", "path", "scope"), ROWS)
def test_a_row_refuses_other_methods_in_our_shape(client: Client, method: str, path: str, scope: Scope | None) -> None:
    status, headers, _ = ask(client, "patch", path, **key(*Scope))
    assert status == 405
    assert method.upper() in headers["Allow"]
