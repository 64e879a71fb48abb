"""What crosses from the Work API into this program, and what does not."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.providers.work_api.mapping import facts_of
from enrichment.providers.work_api.schemas import SECTIONS, Profile, as_stored, minimised, profile_stored
from tests.enrichment.providers.operations import LONG_AGO, cpf
from tests.enrichment.providers.test_reading import ANYTHING
from tests.enrichment.providers.work_example import ALLOWED, EXAMPLE, JSON, in_json, is_allowed, leaves, marked

NEVER = ("cor", "cns", "pis", "parentes", "vizinhos", "imunoBiologicos", "foto", "beneficios", "empregos", "debug_info")


def test_nothing_outside_the_allow_list_survives_the_whole_example() -> None:
    sent = marked(EXAMPLE)
    stored = json.dumps(as_stored(minimised(Profile, sent)))
    for path, leaf in leaves(sent):
        assert (leaf in stored) == is_allowed(path), path
    assert sum(is_allowed(path) for path, _ in leaves(sent)) > 50


def test_everything_on_the_allow_list_survives_as_it_came() -> None:
    kept = dict(leaves(as_stored(minimised(Profile, EXAMPLE))))
    sent = {p: v for p, v in leaves(EXAMPLE) if is_allowed(p) and v not in (None, "", "SEM INFORMAÇÃO")}
    assert kept.keys() == sent.keys()
    assert kept["DadosEconomicos.score.scoreCSB"] == 681
    assert kept["perfilConsumo.possui_luxo"] is False


def test_the_schema_is_the_allow_list() -> None:
    declared = {f"{root}.{rest}" for root, fields in ALLOWED.items() for rest in fields}
    assert set(_declared(Profile)) == declared
    assert {*SECTIONS, "lista"} == ALLOWED.keys()


@pytest.mark.parametrize("section", NEVER)
def test_what_nobody_needs_is_not_even_a_key(section: str) -> None:
    assert section in json.dumps(EXAMPLE)
    assert f'"{section}"' not in json.dumps(as_stored(minimised(Profile, EXAMPLE)))


def test_a_profile_is_read_back_as_it_was_stored() -> None:
    profile = minimised(Profile, EXAMPLE)
    assert profile_stored(in_json(as_stored(profile))) == profile


@pytest.mark.parametrize(
    "stored",
    [None, [], "x", 5, {}, {"DadosBasicos": None}, {"DadosBasicos": {"nome": []}}, {"telefones": {}}, {"nome": "A"}],
)
def test_a_stored_profile_of_another_shape_is_none(stored: Any) -> None:
    assert profile_stored(stored) is None


def test_a_field_that_is_no_longer_allowed_is_dropped_from_what_was_stored() -> None:
    old = {"DadosBasicos": {"nome": "MARINA", "cor": "PARDA"}, "vizinhos": [{"nome": "VIZINHO"}]}
    profile = profile_stored(old)
    assert profile is not None
    assert as_stored(profile) == {"DadosBasicos": {"nome": "MARINA"}}


@given(ANYTHING)
def test_anything_at_all_becomes_a_profile(body: Any) -> None:
    profile = minimised(Profile, body)
    assert isinstance(profile, Profile)
    facts_of(profile, cpf=cpf(), told_at=LONG_AGO)


@given(st.sampled_from(SECTIONS), JSON)
def test_any_section_may_be_anything(section: str, value: Any) -> None:
    _survives(EXAMPLE | {section: value})


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(SECTIONS, JSON)))
def test_all_sections_may_be_anything_at_once(body: dict[str, Any]) -> None:
    _survives(body)


@given(st.sampled_from(sorted(path for path, _ in leaves(EXAMPLE) if is_allowed(path))), JSON)
def test_any_field_may_be_anything(path: str, value: Any) -> None:
    body = in_json(EXAMPLE)
    *way, last = path.split(".")
    at = body
    for key in way:
        at = at[key][0] if isinstance(at[key], list) else at[key]
    (at[0] if isinstance(at, list) else at)[last] = value
    _survives(body)


def _survives(body: dict[str, Any]) -> None:
    """Any answer becomes a profile that can be stored, read back and told."""
    profile = minimised(Profile, body)
    stored = as_stored(profile)
    assert all(is_allowed(path) for path, _ in leaves(stored))
    assert msgspec.convert(in_json(stored), Profile) == profile
    json.dumps(stored, allow_nan=False).encode()
    assert "\\u0000" not in json.dumps(stored)
    facts_of(profile, cpf=cpf(), told_at=LONG_AGO)


def _declared(kind: type[msgspec.Struct], path: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        at = f"{path}.{field.encode_name}" if path else field.encode_name
        inner = next(iter(getattr(field.type, "__args__", ())), field.type)
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            yield from _declared(inner, at)
        else:
            yield at
