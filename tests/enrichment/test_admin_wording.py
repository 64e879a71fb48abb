"""Every code that a page may meet has words and a colour."""

import ast
import inspect
import re
from collections.abc import Mapping
from enum import Enum
from types import ModuleType

import pytest
from django.utils import translation
from procrastinate.jobs import Status

from enrichment import choose, crm_leads, delivery, passage, pipeline, steps
from enrichment.admin import troubles, wording
from enrichment.admin.wording import said_outcome, said_reason, said_step
from enrichment.models import Billed, CallOutcome, Direction, MessageState, RunState, Tier
from enrichment.providers import budgets, gate, http, statuses
from parties.refusals import REASONS

UNFOLDS = {"default", "info", "danger", "warning", "success", "primary"}


@pytest.mark.parametrize(
    ("choices", "colours"),
    [
        (RunState, wording.RUN_COLOURS),
        (Tier, wording.TIER_COLOURS),
        (MessageState, wording.MESSAGE_COLOURS),
        (Direction, wording.DIRECTION_COLOURS),
        (CallOutcome, wording.CALL_COLOURS),
        (Billed, wording.BILLED_COLOURS),
    ],
)
def test_every_state_has_a_colour(choices: type[Enum], colours: Mapping[str, str]) -> None:
    assert {member.value for member in choices} == set(colours), "say in wording.py which colour it wears"
    assert set(colours.values()) <= UNFOLDS


def test_every_state_of_a_job_has_a_name_and_a_colour() -> None:
    known = {status.value for status in Status} - {"aborting"}
    assert known <= wording.JOB_STATES.keys()
    assert known <= wording.JOB_COLOURS.keys()


def test_every_step_has_a_name() -> None:
    assert {step.__name__ for step in (*pipeline.STEPS, *pipeline.REPEATING)} == set(wording.STEPS)


def texts_of(module: ModuleType, *names: str) -> set[str]:
    """What the module passes to these functions, numbers in the place of its values."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)]
    named = [call for call in calls if getattr(call.func, "attr", getattr(call.func, "id", "")) in names]
    return {text for call in named for argument in call.args for text in _texts(module, argument)}


def _texts(module: ModuleType, node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return [*_texts(module, node.body), *_texts(module, node.orelse)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(_part(module, part) for part in node.values)]
    known = _constant(module, node)
    return [known] if known else []


def _part(module: ModuleType, part: ast.expr) -> str:
    return _constant(module, part.value if isinstance(part, ast.FormattedValue) else part) or "7"


def _constant(module: ModuleType, node: ast.expr) -> str:
    value = getattr(module, node.id, "") if isinstance(node, ast.Name) else getattr(node, "value", "")
    return value if isinstance(value, str) else ""


def test_every_outcome_of_the_pipeline_can_be_translated() -> None:
    told = {text for module in (passage, pipeline, steps) for text in texts_of(module, "note", "Ended")}
    unknown = {text for text in told if not any(pattern.fullmatch(text) for pattern, _ in wording.OUTCOMES)}
    assert told
    assert not unknown, "add them to wording.OUTCOMES"


def test_every_reason_has_words() -> None:
    source = inspect.getsource(choose._reasons)
    kinds = {f"{kind}_{ending}" for kind in ("phone", "email") for ending in re.findall(r"\{kind\}_(\w+)", source)}
    plain = set(re.findall(r'"((?:document|no)_\w+)"', source))
    assert kinds | plain | {"chosen_by_staff"} == set(wording.REASONS)


def test_reasons_and_outcomes_are_said_in_words() -> None:
    assert said_reason("name_likeness_0.93") == "the names agree to 93%"
    assert said_reason("name_likeness_1.00") == "the names agree to 100%"
    assert said_outcome("2 of 3 candidates") == "2 of 3 candidates"
    assert said_outcome("missing: discovery") == "missing: who it is"


def test_every_trouble_with_a_provider_can_be_translated() -> None:
    words = ("Unavailable", "Rejected", "Withheld")
    modules = (crm_leads, delivery, gate, budgets, http, statuses)
    told = {text for module in modules for text in texts_of(module, *words)}
    unknown = {t for t in told if not any(pattern.fullmatch(t) for pattern, _ in troubles.TROUBLES)}
    assert len(told) > 10
    assert not unknown, "add them to troubles.TROUBLES"


def test_troubles_and_refusals_are_said_in_portuguese() -> None:
    with translation.override("pt-br"):
        assert said_outcome("c2s: refused with 422") == "C2S: recusou com 422"
        assert said_outcome("missing: discovery, profile") == "faltou: quem é, o perfil"
        assert said_outcome("no usable contact (phone: fake)") == "nenhum contato utilizável (telefone: inventado)"
    assert set(REASONS) <= troubles.WORDS.keys()


def test_the_unknown_is_shown_as_it_is() -> None:
    assert said_reason("a_new_reason") == "a_new_reason"
    assert said_outcome("work_api: unavailable {0}") == "Work API: unavailable {0}"
    assert said_step("dance") == "dance"
