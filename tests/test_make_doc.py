"""The Make scenario speaks of addresses, fields and states that there are."""

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import msgspec

from enrichment.api.process_shapes import Processed
from enrichment.api.shapes import RunShown, Status
from tests.production import ROOT
from tests.test_openapi import CONTRACT

WRITTEN = (ROOT / "docs" / "make.md").read_text()
BLUEPRINT = (ROOT / "docs" / "make-blueprint.json").read_text()
STARTS, ASKS_LATER = 2, 7


def modules(flow: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for module in flow:
        yield module
        yield from modules(module.get("onerror", []))
        for route in module.get("routes", []):
            yield from modules(route["flow"])


def test_every_field_that_is_read_is_one_of_the_answer() -> None:
    fields = {STARTS: Processed.__struct_fields__, ASKS_LATER: RunShown.__struct_fields__}
    read = re.findall(r"{{(\d+)\.data\.(\w+)}}", BLUEPRINT)
    assert read
    assert not [(module, name) for module, name in read if name not in fields[int(module)]]


def test_every_address_is_one_of_ours() -> None:
    urls = [m["mapper"]["url"] for m in modules(json.loads(BLUEPRINT)["flow"]) if m["module"] == "http:ActionSendData"]
    paths = {re.sub(r"{{.*}}", "{run_id}", url.removeprefix("https://YOUR-HOST")) for url in urls}
    assert paths == {"/api/v1/leads/process", "/api/v1/runs/{run_id}"}
    assert {("get", path) for path in paths} <= CONTRACT.keys()


def test_no_module_has_anothers_number() -> None:
    numbers = [module["id"] for module in modules(json.loads(BLUEPRINT)["flow"])]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_every_field_and_every_state_is_explained() -> None:
    told = set(re.findall(r"`(\w+)`", WRITTEN))
    assert {field.name for field in msgspec.structs.fields(Processed)} - {"lead_id"} <= told
    assert set(get_args(Status)) <= told
