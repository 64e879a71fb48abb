"""What the Work API's words mean."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from enrichment.providers.work_api.schemas import SECTIONS
from parties.facts import CompanyFact, FinanceFact, PersonFacts
from parties.models import RelationshipKind
from tests.enrichment.providers.operations import LONG_AGO, cpf
from tests.enrichment.providers.work_example import EXAMPLE, facts


@pytest.mark.parametrize("blank", [None, "", "SEM INFORMAÇÃO", {}, [], [{}], [None], 0, False])
def test_blank_sections_tell_nothing(blank: Any) -> None:
    told = facts(**dict.fromkeys(SECTIONS, blank))
    assert told == PersonFacts(cpf=cpf(), name="", source="work_api", told_at=LONG_AGO)


def test_a_section_in_a_list_of_one_is_read_all_the_same() -> None:
    assert facts(DadosBasicos=[{"nome": "MARINA ALVES PRADO"}], telefones={"telefone": "11987654321"}).name
    assert len(facts(telefones={"telefone": "11987654321"}).contacts) == 1


def test_the_example_in_our_terms() -> None:
    told = facts(**EXAMPLE)
    assert (told.name, told.birth_date, told.sex) == ("MARINA ALVES PRADO", date(1984, 3, 14), "female")
    assert (told.mother_name, told.father_name) == ("LUCIA ALVES", "")
    assert (told.marital_status, told.birthplace, told.nationality) == ("CASADO(A)", "CAMPINAS", "BRASILEIRA")
    assert (told.education, told.occupation) == ("ENSINO SUPERIOR COMPLETO", "ENGENHEIRO CIVIL")
    assert (told.registration_status, told.deceased, told.politically_exposed) == ("REGULAR", False, False)
    assert told.finances == FinanceFact(
        income=Decimal("6089.28"),
        income_min=Decimal(1630),
        income_max=Decimal(4082),
        purchasing_power="MEDIO",
        credit_score=681,
        risk_level="BAIXO",
        social_class="CLASSE MEDIA URBANA",
    )
    [company] = told.companies
    assert (company.cnpj.value, company.kind, company.role) == (
        "11222333000181",
        RelationshipKind.PARTNER,
        "SOCIO-ADMINISTRADOR",
    )
    assert (company.since, company.until) == (date(2016, 5, 2), None)


def test_the_examples_contacts_in_our_terms() -> None:
    told = {c.identifier.value: c for c in facts(**EXAMPLE).contacts}
    assert list(told) == ["+5511987654321", "+551133334444", "+5511987654322", "marina.prado@example.com"]
    assert [c.whatsapp for c in told.values()] == [True, False, False, False]
    assert [c.confidence for c in told.values()] == [Decimal(n) for n in ("0.9", "0.9", "0.5", "0.8")]
    assert told["marina.prado@example.com"].primary
    assert (told["+5511987654321"].operator, told["+5511987654321"].line_type) == ("VIVO", "TELEFONE MOVEL")


def test_the_examples_addresses_in_our_terms() -> None:
    first, second = facts(**EXAMPLE).addresses
    assert (first.street, first.number, first.complement) == ("R DAS ACACIAS", "120", "AP 51")
    assert (second.street, second.number, second.complement) == ("AV BRASIL", "1500", "")
    assert (first.cep, second.cep, second.state, second.city) == ("13010001", "01430000", "SP", "SAO PAULO")


@pytest.mark.parametrize(
    ("written", "read"),
    [("F - FEMININO", "female"), ("M - MASCULINO", "male"), ("X - OUTRO", "x - outro"), (None, ""), ({}, "")],
)
def test_sexes(written: Any, read: str) -> None:
    assert facts(DadosBasicos={"sexo": written}).sex == read


@pytest.mark.parametrize(
    ("written", "marks"), [("SIM", True), ("NAO", False), ("NÃO", False), (None, False), ("", False), (True, True)]
)
def test_whatsapp_marks(written: Any, marks: bool) -> None:
    [contact] = facts(telefones=[{"telefone": "11987654321", "whatsapp": written}]).contacts
    assert contact.whatsapp is marks


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("11987654321", "+5511987654321"),
        (11987654321, "+5511987654321"),
        (11987654321.0, "+5511987654321"),
        ("1187654322", "+5511987654322"),
        ("1133334444", "+551133334444"),
        ("(55) 98765-4327", "+5555987654327"),
        ("98765432", None),
        ("00000000000", None),
        ("SEM INFORMAÇÃO", None),
        (None, None),
        ({}, None),
        (True, None),
    ],
)
def test_phones(written: Any, value: str | None) -> None:
    assert [c.identifier.value for c in facts(telefones=[{"telefone": written}]).contacts] == ([value] if value else [])


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ({"email": "Marina.Prado@Example.com"}, "marina.prado@example.com"),
        ({"email": "a@example.com", "blacklist": "NÃO"}, "a@example.com"),
        ({"email": "a@example.com", "blacklist": "SIM"}, None),
        ({"email": "a@"}, None),
        ({"email": "sem email"}, None),
        ({"email": 5}, None),
        ({}, None),
    ],
)
def test_emails(row: dict[str, Any], value: str | None) -> None:
    assert [c.identifier.value for c in facts(emails=[row]).contacts] == ([value] if value else [])


def test_words_we_do_not_know_give_no_confidence() -> None:
    told = facts(
        telefones=[{"telefone": "11987654321", "status": "TALVEZ", "operadora": "NOVA"}],
        emails=[{"email": "a@example.com", "qualidade": "SUBLIME", "prioridade": "TALVEZ"}],
    ).contacts
    assert [(c.confidence, c.primary) for c in told] == [(None, False), (None, False)]
    assert told[0].operator == "NOVA"


@pytest.mark.parametrize(
    ("row", "kind", "role"),
    [
        ({"tipoRelacao": "QSA", "relacao": "SOCIO"}, RelationshipKind.PARTNER, "SOCIO"),
        ({"tipoRelacao": "sócio"}, RelationshipKind.PARTNER, "sócio"),
        ({"tipoRelacao": "EMPREGO"}, RelationshipKind.EMPLOYEE, "EMPREGO"),
        ({"tipoRelacao": "PADRINHO"}, RelationshipKind.UNKNOWN, "PADRINHO"),
        ({"tipoRelacao": None}, RelationshipKind.UNKNOWN, ""),
    ],
)
def test_ties_to_companies_keep_the_word_that_came(row: dict[str, Any], kind: str, role: str) -> None:
    [tie] = facts(empresas=[{"cnpj": "11222333000181", **row}]).companies
    assert isinstance(tie, CompanyFact)
    assert (tie.kind, tie.role) == (kind, role)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("11222333000181", "11222333000181"),
        ("11.222.333/0001-81", "11222333000181"),
        ("12ABC34501DE35", "12ABC34501DE35"),
        (191, "00000000000191"),
        (191.0, "00000000000191"),
        ("11222333000182", None),
        ("", None),
        (None, None),
    ],
)
def test_companies_by_their_number(written: Any, value: str | None) -> None:
    assert [c.cnpj.value for c in facts(empresas=[{"cnpj": written}]).companies] == ([value] if value else [])


@pytest.mark.parametrize(
    ("score", "number", "risk"),
    [
        ({"scoreCSB": 681, "scoreCSBFaixaRisco": "BAIXO", "scoreCSBA": 1, "scoreCSBAFaixaRisco": "X"}, 681, "BAIXO"),
        ({"scoreCSB": None, "scoreCSBFaixaRisco": "Y", "scoreCSBA": "702", "scoreCSBAFaixaRisco": "X"}, 702, "X"),
        ({"scoreCSBFaixaRisco": "ALTO"}, None, "ALTO"),
        ({"scoreCSBAFaixaRisco": "ALTO"}, None, "ALTO"),
    ],
)
def test_a_score_comes_with_its_own_risk(score: dict[str, Any], number: int | None, risk: str) -> None:
    finances = facts(DadosEconomicos={"score": score}).finances
    assert finances is not None
    assert (finances.credit_score, finances.risk_level) == (number, risk)


@pytest.mark.parametrize(
    ("basics", "deceased"),
    [
        ({"obito": {"obito": "SIM", "dataObito": "03/08/2023"}}, True),
        ({"obito": {"obito": "NÃO"}}, False),
        ({"obito": {"obito": None, "dataObito": "03/08/2023"}}, True),
        ({"situacaoCadastral": {"descricaoSituacaoCadastral": "TITULAR FALECIDO"}}, True),
        ({"obito": "SEM INFORMAÇÃO"}, None),
        ({}, None),
    ],
)
def test_deaths(basics: dict[str, Any], deceased: bool | None) -> None:
    assert facts(DadosBasicos=basics).deceased is deceased


@pytest.mark.parametrize("place", [{}, {"bairro": "CENTRO"}, {"cep": "123"}, {"uf": "SP", "logradouroNumero": 5}])
def test_a_place_without_street_city_or_cep_is_none(place: dict[str, Any]) -> None:
    assert facts(enderecos=[place]).addresses == []
