"""The last answer of each tool about a lead, for half an hour and from any process."""

from collections.abc import Callable

import pytest
from django.core.cache import cache

from c2s_enrich import sealed_cache
from enrichment.models import Run
from enrichment.sandbox import Sandbox
from enrichment.tool_results import TOOLS, tool_result_note, tool_results
from tests.enrichment.leads import run_for

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)  # other threads must see what was written


@committed
def test_a_run_leaves_the_answer_of_each_tool(sandbox: Sandbox, perform: Callable[[Run], Run]) -> None:
    perform(run_for(sandbox))
    found = tool_results("lead-1")
    assert set(found) == set(TOOLS)
    assert "52998224725" in [person["cpf"] for person in found["diretrix_phone"]]
    assert found["work_api"]["DadosBasicos"]["nome"] == "MARINA ALVES PRADO"


@committed
def test_a_failed_run_leaves_what_was_answered(sandbox: Sandbox, perform: Callable[[Run], Run]) -> None:
    sandbox.faults.set("work_api", outage="503")
    perform(run_for(sandbox))
    assert set(tool_results("lead-1")) == {"diretrix_phone", "diretrix_email"}


def test_the_last_answer_wins_and_other_leads_have_their_own() -> None:
    tool_result_note("lead-1", "work_api", {"n": 1})
    tool_result_note("lead-1", "work_api", {"n": 2})
    tool_result_note("lead-2", "work_api", {"n": 3})
    assert (tool_results("lead-1"), tool_results("lead-2")) == ({"work_api": {"n": 2}}, {"work_api": {"n": 3}})
    assert tool_results("lead-3") == {}


def test_it_is_kept_in_the_shared_cache_sealed_for_at_least_half_an_hour() -> None:
    tool_result_note("lead-1", "work_api", {"nome": "MARINA ALVES PRADO"})
    assert sealed_cache.shared()
    [key] = cache.keys("c2s:k:*")  # type: ignore[attr-defined]
    assert "lead-1" not in key
    assert "MARINA" not in str(cache.get(key))
    assert 30 * 60 <= cache.ttl(key) <= 38 * 60  # type: ignore[attr-defined]
