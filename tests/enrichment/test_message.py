"""The one message, line by line."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
import time_machine
from pytest_django import Settings

from enrichment.message import CUT, Found, compose, fingerprint_of
from parties.record import Contact, Finances, Owned, Place, Record, Tie

ID = UUID(int=7)
NOW = datetime(2025, 11, 22, tzinfo=UTC)


def contact(value: str, kind: str = "phone") -> Contact:
    return Contact(
        type=kind,
        value=value,
        primary=False,
        verified=False,
        source="work_api",
        confidence=None,
        operator="",
        line_type="",
    )


def record(**changes: Any) -> Record:
    bare = Record(
        party_id=ID,
        kind="person",
        document="52998224725",
        name="MARINA ALVES PRADO",
        enriched=True,
        enriched_at=NOW,
        updated_at=NOW,
        birth_date=None,
        sex="",
        mother_name="",
        father_name="",
        marital_status="",
        occupation="",
        deceased=None,
        contacts=[],
        places=[],
        finances=None,
        ties=[],
        owned=[],
    )
    return msgspec.structs.replace(bare, **changes)


FULL = record(
    birth_date=date(1984, 3, 14),
    sex="female",
    mother_name="LUCIA ALVES",
    contacts=[
        contact("marina.prado@example.com", "email"),
        contact("+5511987654321", "whatsapp"),
        contact("+551133334444"),
    ],
    places=[
        Place(
            street="R DAS ACACIAS",
            number="120",
            complement="AP 51",
            neighborhood="CENTRO",
            city="CAMPINAS",
            state="SP",
            cep="13010001",
        )
    ],
    finances=Finances(
        income=Decimal("6089.28"),
        income_adjusted=Decimal("11569.63"),
        income_min=Decimal(1630),
        income_max=Decimal(4082),
        purchasing_power="MEDIO",
        credit_score=681,
        risk_level="BAIXO",
        social_class="",
    ),
    ties=[Tie(party_id=ID, cnpj="11222333000181", name="", role="SOCIO-ADMINISTRADOR", until=None)],
    owned=[
        Owned(
            street="AV BRASIL",
            number="1500",
            neighborhood="JARDINS",
            city="SAO PAULO",
            state="SP",
            area_m2=None,
            assessed_value=Decimal(1350000),
            share=None,
        )
    ],
)

EXPECTED = """\
📞📧 Telefone e e-mail da mesma pessoa

✅ DADOS PESSOAIS
Nome: MARINA ALVES PRADO
CPF: 529.982.247-25
Nascimento: 14/03/1984 (41 anos)
Sexo: Feminino
Mãe: LUCIA ALVES

💰 DADOS FINANCEIROS
Renda ajustada: R$ 11.569,63
Faixa de renda: R$ 1.630,00 a R$ 4.082,00
Poder aquisitivo: MEDIO
Score: 681
Risco: BAIXO

📧 EMAILS
marina.prado@example.com

📱 TELEFONES
(11) 98765-4321 (WhatsApp)
(11) 3333-4444

🏠 ENDEREÇOS
R DAS ACACIAS, 120, AP 51 – CENTRO – CAMPINAS/SP – CEP 13010-001

🏢 EMPRESAS
CNPJ 11.222.333/0001-81 (Socio-administrador)

🏘️ IMÓVEIS
AV BRASIL, 1500 – JARDINS – SAO PAULO/SP – R$ 1.350.000,00

ref:"""


@time_machine.travel("2025-11-22T12:00:00Z")
def test_a_full_record_gives_every_section() -> None:
    text = compose([Found(FULL)], same_person=True)
    assert text.startswith(EXPECTED)
    assert text.count("\n") == EXPECTED.count("\n")


def test_a_bare_record_leaves_out_every_empty_line_and_section() -> None:
    body, _, mark = compose([Found(record())], same_person=None).rpartition("\n\n")
    assert body == "✅ DADOS PESSOAIS\nNome: MARINA ALVES PRADO\nCPF: 529.982.247-25"
    assert mark.startswith("ref:")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"name_differs": True}, "⚠️ O nome do lead não confere"),
        ({"is_partial": True}, "⚠️ Dados parciais"),
        ({"is_stale": True}, "⚠️ Dados antigos"),
        ({"record": record(deceased=True)}, "⚠️ Consta como pessoa falecida."),
    ],
)
def test_each_warning_has_its_line(changes: dict[str, Any], line: str) -> None:
    plain = Found(record())
    assert line in compose([replace(plain, **changes)], same_person=None)
    assert line not in compose([plain], same_person=None)


def test_two_people_have_a_block_each_under_the_warning() -> None:
    other = Found(record(name="JOSE PRADO", document="11144477735"), by_email=True)
    text = compose([Found(record(), by_phone=True), other], same_person=False)
    assert text.startswith("⚠️ Telefone e e-mail relacionados a PESSOAS DIFERENTES!\n\n👤 Telefone: MARINA")
    assert "👤 E-mail: JOSE PRADO" in text
    assert text.count("✅ DADOS PESSOAIS") == 2


def test_a_long_text_is_cut_at_a_lines_end_and_says_so(settings: Settings) -> None:
    settings.C2S_DESCRIPTION_MAX_LENGTH = 300
    many = record(contacts=[contact(f"+55119{n:08}") for n in range(80000000, 80000100)])
    text = compose([Found(many)], same_person=None)
    *lines, notice, blank, mark = text.split("\n")
    assert len(text) <= 300
    assert (notice, blank, mark.startswith("ref:")) == (CUT, "", True)
    assert lines[-1].endswith(lines[-1][-4:])
    assert set(lines) <= set(compose([Found(many)], same_person=None).split("\n"))


def test_the_fingerprint_follows_the_text_and_nothing_else() -> None:
    one, same, other = (
        compose([Found(r)], same_person=None) for r in (record(), record(), record(mother_name="LUCIA ALVES"))
    )
    assert one == same
    assert fingerprint_of(one) != fingerprint_of(other)


def test_a_text_of_ours_is_shown_as_it_is_not_as_markup() -> None:
    assert "D'ÁVILA & FILHOS <SA>" in compose([Found(record(name="D'ÁVILA & FILHOS <SA>"))], same_person=None)
