"""Our answers have exactly the fields that the contract names, whose names are carried in `contract_fields.json`."""

import json
import re
from typing import Any

import msgspec
import pytest
from django.test import Client

from c2s_enrich.struct_schemas import ErrorAnswer
from c2s_enrich.tallies import CacheMetrics
from enrichment.api.cache import Invalidated
from enrichment.api.process_shapes import Enriched, Processed
from enrichment.api.shapes import DryRun, LeadsPage, LeadWithRun, MessagesPage, PartiesPage, RunShown
from enrichment.companies import CompanyShown
from enrichment.customer import Customer, CustomerProperty
from enrichment.validation import ContactChecked, ValidationAnswer
from tests.production import ROOT
from webhooks.answers import C2SReceipt, LeadFormReceipt

CARRIED: dict[str, list[str]] = json.loads((ROOT / "tests" / "contract_fields.json").read_text())
# what the contract leaves open: what is told of a property, and of contacts beside a phone
OPEN = {*CustomerProperty.__struct_fields__} - {"street", "number", "neighborhood", "city", "state"}
OPEN |= {*ContactChecked.__struct_fields__} - {"phone"}
# the lead's run is described on its own line
RUN = {*RunShown.__struct_fields__, "name", "outcome", "ms"} - {"run_id", "lead_id", "status"}
STRUCTS: dict[str, tuple[type[msgspec.Struct], ...]] = {
    '`{"source": "c2s-enrich"': (Customer,),
    "- Run:": (RunShown,),
    "Lead: `{": (LeadsPage, LeadWithRun),
    "- Messages:": (MessagesPage,),
    "- `GET /parties`:": (PartiesPage, CompanyShown),
    '{"error": "<one clear': (ErrorAnswer,),
    "POST /api/v1/webhooks/c2s[": (C2SReceipt,),
    "POST /api/v1/webhooks/google-ads`": (LeadFormReceipt,),
    "leads/process?id": (Processed,),
    "c2s/enrich/<lead_id>": (Enriched,),
    "contacts/validate": (ValidationAnswer,),
    "cache/metrics`, `DELETE": (CacheMetrics,),
    "- `cache/invalidate`:": (Invalidated, DryRun),
}


def names_of(*structs: type[msgspec.Struct]) -> set[str]:
    _, components = msgspec.json.schema_components(structs)
    return {name for component in components.values() for name in component.get("properties", {})}


@pytest.mark.parametrize("line", STRUCTS)
def test_an_answer_has_the_contracts_fields_and_no_others(line: str) -> None:
    allowed = {"- Run:": set(), "Lead: `{": RUN}.get(line, OPEN)
    ours, theirs = names_of(*STRUCTS[line]), set(CARRIED[line])
    assert theirs <= ours
    assert ours - theirs <= allowed


def test_health_has_the_contracts_fields(client: Client) -> None:
    told: dict[str, Any] = client.get("/health").json()
    assert sorted(told) == CARRIED["GET /health`"]


def test_what_is_carried_of_the_contract_is_what_it_says() -> None:
    """Where the contract lies beside the repository, as it does for whoever may change it."""
    document = ROOT.parent / "shared" / "contracts" / "http-api.md"
    lines = document.read_text().splitlines() if document.exists() else []
    for line in lines:
        for begins, fields in CARRIED.items():
            if begins in line:
                assert set(fields) <= set(re.findall(r'"(\w+)"', line)), begins
    assert CARRIED.keys() == {*STRUCTS, "GET /health`"}
