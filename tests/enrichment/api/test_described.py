"""Every one of our addresses describes itself: its answer, its refusals and an example that fits."""

from typing import Any

import msgspec
import pytest
from drf_spectacular.generators import SchemaGenerator

from enrichment.api import examples
from enrichment.api.shapes import LeadsPage, LeadWithRun, MessagesPage, PartiesPage, RunShown
from enrichment.companies import CompanyShown
from enrichment.customer import Customer
from enrichment.providers.work_api.schemas import Profile
from enrichment.validation import ValidationAnswer

OPERATIONS = {
    ("get", "contributor/customer"): {200, 400, 401, 403, 404, 422, 429, 502, 503, 504},
    ("post", "lookup"): {200, 400, 401, 403, 404, 413, 415, 422, 429, 502, 503, 504},
    ("post", "enrich"): {200, 202, 400, 401, 403, 404, 413, 415, 422, 429, 502, 503, 504},
    ("get", "customers/{party_id}"): {200, 401, 403, 404, 429, 503},
    ("get", "parties"): {200, 400, 401, 403, 429, 503},
    ("get", "companies/{cnpj}"): {200, 400, 401, 403, 404, 429, 503},
    ("post", "contacts/validate"): {200, 400, 401, 403, 413, 415, 422, 429, 503},
    ("get", "work/modules/{module}"): {200, 400, 401, 403, 404, 429, 502, 503, 504},
    ("get", "leads"): {200, 400, 401, 403, 429, 503},
    ("get", "leads/{lead_id}"): {200, 401, 403, 404, 429, 503},
    ("get", "leads/{lead_id}/messages"): {200, 400, 401, 403, 404, 429, 503},
    ("get", "runs/{run_id}"): {200, 401, 403, 404, 429, 503},
}


@pytest.fixture(scope="module")
def document() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.mark.parametrize(("operation", "statuses"), OPERATIONS.items())
def test_each_operation_tells_its_statuses(document: Any, operation: tuple[str, str], statuses: set[int]) -> None:
    method, path = operation
    paths = {written.rstrip("/"): operations for written, operations in document["paths"].items()}
    described = paths[f"/api/v1/{path}"][method]
    assert {int(status) for status in described["responses"]} == statuses
    assert described["description"]
    for status, response in described["responses"].items():
        shared = document["components"].get("responses", {}).get(response.get("$ref", "").rpartition("/")[2], response)
        schema = shared["content"]["application/json"]["schema"]
        assert schema, status


def test_structs_inside_structs_become_components_of_their_own(document: Any) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["Customer"]["properties"]["metadata"] == {"$ref": "#/components/schemas/CustomerMetadata"}
    assert "CustomerMetadata" in schemas


@pytest.mark.parametrize(
    ("example", "shape"),
    [
        (examples.CUSTOMER, Customer),
        (examples.PARTIES, PartiesPage),
        (examples.COMPANY, CompanyShown),
        (examples.LEADS, LeadsPage),
        (examples.LEAD, LeadWithRun),
        (examples.RUN, RunShown),
        (examples.MESSAGES, MessagesPage),
        (examples.VALIDATION, ValidationAnswer),
        (examples.WORK_PROFILE, Profile),
    ],
)
def test_an_example_fits_its_shape(example: Any, shape: type[msgspec.Struct]) -> None:
    msgspec.convert(example, shape, strict=False)
