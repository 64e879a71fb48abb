"""Work API: whom its answers are about, and which of them tell of nobody."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from enrichment.models import ProviderCall
from enrichment.providers.errors import BadPayload
from enrichment.providers.work_api import client as work_api
from enrichment.providers.work_api.mapping import facts_of
from enrichment.providers.work_api.schemas import Profile, as_stored, minimised
from enrichment.sandbox import Sandbox
from tests.enrichment.providers.canned import Canned, Play, answer
from tests.enrichment.providers.operations import LONG_AGO, cpf
from tests.enrichment.providers.work_example import EXAMPLE, is_allowed, leaves

pytestmark = pytest.mark.django_db


def test_a_profile_is_fetched(sandbox: Sandbox, settings: Any) -> None:
    sandbox.configure({"work_api": {"expected": settings.WORK_API}})
    profile = work_api.profile_by_cpf(cpf())
    assert profile == minimised(Profile, EXAMPLE)


@pytest.mark.parametrize("ending", ["10", "12"])
def test_a_person_without_a_profile_is_nobody(sandbox: Sandbox, ending: str) -> None:
    [person] = sandbox.people_of(phone=f"119876500{ending}")
    assert work_api.profile_by_cpf(cpf(person.cpf)) is None
    row = ProviderCall.objects.get()
    assert (row.outcome, row.status, row.billed) == ("nobody", 200, "yes")


def test_numbers_may_be_text_and_text_may_be_numbers(sandbox: Sandbox) -> None:
    [person] = sandbox.people_of(phone="11987650013")
    profile = work_api.profile_by_cpf(cpf(person.cpf))
    assert profile is not None
    told = facts_of(profile, cpf=cpf(person.cpf), told_at=LONG_AGO)
    assert told.contacts
    assert told.finances is not None
    assert told.finances.credit_score is not None


@pytest.mark.parametrize("other", ["11144477735", 11144477735, 11144477735.0, "111.444.777-35"])
def test_an_answer_about_somebody_else_is_not_taken(canned: Callable[[Play], Canned], other: Any) -> None:
    canned(answer(json.dumps({"status": 200, "DadosBasicos": {"nome": "JOSE", "cpf": other}}).encode()))
    with pytest.raises(BadPayload):
        work_api.profile_by_cpf(cpf())
    row = ProviderCall.objects.get()
    assert (row.outcome, row.billed) == ("bad_payload", "unknown")


@pytest.mark.parametrize(("asked", "told"), [("52998224725", None), ("00000000191", 191), ("00000000191", "191")])
def test_an_answer_without_a_cpf_or_without_its_zeros_is_taken(
    canned: Callable[[Play], Canned], asked: str, told: Any
) -> None:
    canned(answer(json.dumps({"DadosBasicos": {"nome": "RUI", "cpf": told}}).encode()))
    assert work_api.profile_by_cpf(cpf(asked)) is not None


@pytest.mark.parametrize("body", [{}, {"status": 200}, {"status": 200, "reason": "?"}, {"erro": "x"}, [], [{}]])
def test_an_answer_without_any_section_is_not_taken_for_nobody(canned: Callable[[Play], Canned], body: Any) -> None:
    canned(answer(json.dumps(body).encode()))
    with pytest.raises(BadPayload):
        work_api.profile_by_cpf(cpf())


@pytest.mark.parametrize(
    ("module", "value"),
    [("telefone", "11987654321"), ("email", "marina.prado@example.com"), ("nome", "MARINA ALVES PRADO")],
)
def test_other_modules_list_people(sandbox: Sandbox, module: str, value: str) -> None:
    profile = work_api.module_answer(module, value)
    assert profile is not None
    assert "MARINA ALVES PRADO" in [row.nome for row in profile.lista]
    assert all(row.cpf or row.cpf_cnpj for row in profile.lista)
    assert all(is_allowed(path) for path, _ in leaves(as_stored(profile)))


def test_a_company_is_cut_to_the_allow_list_too(sandbox: Sandbox) -> None:
    profile = work_api.module_answer("cnpj", "11222333000181")
    assert profile is not None
    assert profile.enderecos
    assert {path.partition(".")[0] for path, _ in leaves(as_stored(profile))} == {"enderecos", "telefones"}


@pytest.mark.parametrize("body", [[], {"status": 200, "resultado": []}, {"resultado": None}, {"lista": {}}])
def test_an_empty_list_is_nobody(canned: Callable[[Play], Canned], body: Any) -> None:
    canned(answer(json.dumps(body).encode()))
    assert work_api.module_answer("nome", "RUI BARRETO") is None
    assert ProviderCall.objects.get().outcome == "nobody"


def test_a_list_may_be_the_whole_answer(canned: Callable[[Play], Canned]) -> None:
    canned(answer(b'[{"nome": "RUI", "cpf": "39053344705", "cor": "PARDA"}, null]'))
    profile = work_api.module_answer("nome", "RUI BARRETO")
    assert profile is not None
    assert dict(leaves(as_stored(profile))) == {"lista.nome": "RUI", "lista.cpf": "39053344705"}


def test_a_module_that_does_not_exist_is_not_asked(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError):
        work_api.module_answer("foto", "52998224725")
    assert sandbox.calls("work_api") == 0


def test_what_the_sandbox_sends_of_anybody_is_cut_to_the_allow_list(sandbox: Sandbox) -> None:
    for ending in range(10, 30):
        [person] = sandbox.people_of(phone=f"119876500{ending}")
        profile = work_api.profile_by_cpf(cpf(person.cpf))
        assert all(is_allowed(path) for path, _ in leaves(as_stored(profile) if profile else {}))


def test_people_listed_beside_a_profile_do_not_cross(canned: Callable[[Play], Canned]) -> None:
    neighbours = [{"nome": "VIZINHO EXEMPLO", "cpf": "11144477735"}]
    canned(answer(json.dumps(EXAMPLE | {"lista": neighbours, "resultado": neighbours}).encode()))
    profile = work_api.profile_by_cpf(cpf())
    assert profile is not None
    assert profile.lista == []
