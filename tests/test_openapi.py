"""The OpenAPI document: complete, true, and the same as the one in `docs/`."""

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from jsonschema import Draft202012Validator

from c2s_enrich.models import Scope
from tests.production import ROOT

COMMITTED = ROOT / "docs" / "openapi.yaml"
# method, path and scope of each row of the contract; None where no API key is asked for
CONTRACT = {
    ("get", "/health"): None,
    ("get", "/ready"): None,
    ("get", "/metrics"): Scope.METRICS,
    ("post", "/api/v1/webhooks/c2s"): None,
    ("post", "/api/v1/webhooks/c2s/{secret}"): None,
    ("post", "/api/v1/webhooks/google-ads"): None,
    ("get", "/api/v1/leads/process"): Scope.ENRICH,
    ("post", "/api/v1/c2s/enrich/{lead_id}"): Scope.ENRICH,
    ("post", "/api/v1/leads"): Scope.ENRICH,
    ("get", "/api/v1/leads"): Scope.LOOKUP,
    ("get", "/api/v1/leads/{lead_id}"): Scope.LOOKUP,
    ("get", "/api/v1/leads/{lead_id}/messages"): Scope.LOOKUP,
    ("get", "/api/v1/runs/{run_id}"): Scope.LOOKUP,
    ("get", "/api/v1/contributor/customer"): Scope.LOOKUP,
    ("post", "/api/v1/lookup"): Scope.LOOKUP,
    ("get", "/api/v1/parties"): Scope.LOOKUP,
    ("get", "/api/v1/customers/{party_id}"): Scope.LOOKUP,
    ("get", "/api/v1/companies/{cnpj}"): Scope.LOOKUP,
    ("post", "/api/v1/enrich"): Scope.ENRICH,
    ("get", "/api/v1/work/modules/{module}"): Scope.ENRICH,
    ("post", "/api/v1/contacts/validate"): Scope.LOOKUP,
    ("get", "/api/v1/cache/metrics"): Scope.METRICS,
    ("delete", "/api/v1/cache/metrics"): Scope.ADMIN,
    ("post", "/api/v1/cache/invalidate"): Scope.ADMIN,
}
EITHER_KEY = [{"ApiKey": []}, {"ApiKeyHeader": []}]


def written() -> str:
    told = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=told)
    return told.getvalue()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(written())
    return loaded


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def media(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body that is asked for or answered, with a name for it."""
    for method, path, operation in operations(document):
        bodies = {"request": operation.get("requestBody", {})} | operation["responses"]
        for name, body in bodies.items():
            for kind, content in body.get("content", {}).items():
                if kind == "application/json":
                    yield f"{method} {path} {name}", content
    for name, response in document["components"]["responses"].items():
        yield name, response["content"]["application/json"]


def test_the_document_in_docs_is_what_the_code_says() -> None:
    renew = "python manage.py spectacular --file docs/openapi.yaml"
    assert COMMITTED.read_text() == written(), f"The API changed. Look at the difference, then: {renew}"


def test_every_row_of_the_contract_is_told_and_nothing_else(document: dict[str, Any]) -> None:
    assert {(method, path) for method, path, _ in operations(document)} == CONTRACT.keys()


def test_every_address_that_answers_is_told(document: dict[str, Any]) -> None:
    told = {re.sub(r"{\w+}", "x", path) for path in document["paths"]}
    for route in routes():
        assert re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)", "x", route).removesuffix("/?$") in told, route


def routes() -> Iterator[str]:
    def below(patterns: list[URLPattern | URLResolver], start: str) -> Iterator[str]:
        for pattern in patterns:
            here = start + str(pattern.pattern).removeprefix("^")
            if isinstance(pattern, URLResolver):
                yield from below(pattern.url_patterns, here)
            else:
                yield here

    found = below(get_resolver().url_patterns, "/")
    return (route for route in found if route.startswith(("/api/v1/", "/health", "/ready", "/metrics")))


def test_every_operation_says_what_it_is_and_which_scope_it_needs(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for method, path, operation in operations(document):
        scope = CONTRACT[method, path]
        assert operation["description"], path
        assert set(operation["tags"]) <= tags, path
        assert (f"Scope: `{scope}`." in operation["description"]) == bool(scope), path
        if scope:
            assert operation["security"] == EITHER_KEY, path
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))


def test_every_credential_is_told(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert schemes["ApiKey"]["scheme"] == "bearer"
    assert {s.get("name") for s in schemes.values()} == {None, "X-API-Key", "X-Webhook-Token", "google_key"}
    used = {name for _, _, operation in operations(document) for way in operation["security"] for name in way}
    assert used == schemes.keys()


def test_every_refusal_has_the_shape_of_all(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        statuses = set(operation["responses"])
        for status in statuses - {"200", "201", "202"}:
            refusal = operation["responses"][status]
            inline = refusal.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
            assert "$ref" in refusal or inline.endswith("/ErrorAnswer") or path == "/ready", (path, status)
        if CONTRACT[method, path]:
            assert {"401", "403", "429", "503"} <= statuses, path
        if "requestBody" in operation:
            assert {"400", "413"} <= statuses, path
            assert ("415" in statuses) == ("webhooks" not in path), path
    error = document["components"]["schemas"]["ErrorAnswer"]
    assert error["properties"].keys() == {"error", "code", "details", "request_id"}
    assert set(error["required"]) == {"error", "code", "request_id"}


def test_every_parameter_is_described(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        told = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert told == set(re.findall(r"{(\w+)}", path)), path
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (method, path, parameter["name"])
            Draft202012Validator(parameter["schema"]).validate(parameter["example"])


def test_every_body_has_an_example_and_every_example_is_valid(document: dict[str, Any]) -> None:
    for name, content in media(document):
        examples = [example["value"] for example in content.get("examples", {}).values()]
        assert examples, name
        # the schema's references lead into the whole document
        validator = Draft202012Validator(document | content["schema"])
        for example in examples:
            assert not [error.message for error in validator.iter_errors(example)], name


def test_it_is_openapi_three_point_one_and_asks_no_other_host(client: Client) -> None:
    answer = client.get("/api/schema", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    assert "servers" not in document or all(s["url"].startswith("/") for s in document["servers"])
