"""What everybody may read, and what only they who may see documents in clear."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parties.disclosure import shown_contact, shown_document, shown_json, shown_text


@pytest.mark.parametrize(
    ("value", "clear", "masked"),
    [
        ("52998224725", "529.982.247-25", "***.982.***-**"),
        ("11222333000181", "11.222.333/0001-81", "**.222.333/****-**"),
        ("52998224720", "52998224720", "***********"),
        ("123", "123", "***"),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_documents(value: str | None, clear: str, masked: str) -> None:
    assert shown_document(value, clear=True) == clear
    assert shown_document(value, clear=False) == masked


@pytest.mark.parametrize(
    ("value", "clear", "masked"),
    [
        ("+5511987654321", "(11) 98765-4321", "(11) *****-**21"),
        ("011 98765 4321", "(11) 98765-4321", "(11) *****-**21"),
        ("Marina.Prado@Example.com", "marina.prado@example.com", "m***@example.com"),
        ("98765-4321", "98765-4321", "********21"),
        ("at home", "at home", "*******"),
        ("not @ all", "not @ all", "***"),
        ("", "", ""),
    ],
)
def test_contacts(value: str, clear: str, masked: str) -> None:
    assert shown_contact(value, clear=True) == clear
    assert shown_contact(value, clear=False) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("CPF: 529.982.247-25", "CPF: ***.982.***-**"),
        ("CPF-529.982.247-25.", "CPF-***.982.***-**."),
        ("52998224725", "***.982.***-**"),
        ("529.982.247,25 é meu", "***.982.***-** é meu"),
        ("CNPJ 11.222.333/0001-81 (Socio)", "CNPJ **.222.333/****-** (Socio)"),
        ("(11) 98765-4321 (WhatsApp)", "(11) *****-**21 (WhatsApp)"),
        ("+351 912 345 678", "+351 *******78"),
        ("fale em ana.lima@example.com.br!", "fale em a***@example.com.br!"),
        ("ligue 98765-4321", "ligue ********21"),
        ("(11) 98765-0034", "(11) *****-**34"),
        ("11987650034", "***.876.***-**"),
        ("529\u00a0982\u00a0247\u00a025", "***.982.***-**"),
        ("529–982–247–25", "***.982.***-**"),
        ("529\u200b982\u200b247\u200b25", "***.982.***-**"),
        ("529_982_247_25", "***.982.***-**"),
        ("529·982·247·25", "***.982.***-**"),
        ("529:982:247:25", "***.982.***-**"),
        ("529\n982\n247\n25", "***.982.***-**"),
        ("R$ 52998224725", "R$ ***.982.***-**"),
        ("11 98765\n4321", "(11) *****-**21"),
    ],
)
def test_numbers_and_addresses_in_free_text_are_masked(text: str, masked: str) -> None:
    assert shown_text(text, clear=False) == masked
    assert shown_text(text, clear=True) == text


@pytest.mark.parametrize(
    "harmless",
    [
        "Nascimento: 14/03/1984 (42 anos)",
        "2025-11-22T10:00:02.000-03:00",
        "2026-11-21 09:58:11",
        "Renda ajustada: R$ 11.569,63",
        "R$ 1.350.000,00",
        "R DAS ACACIAS, 120, AP 51 – CENTRO – CAMPINAS/SP – CEP 13010-001",
        "358f62821dc6cfa7cfbda19e670d6392",
        "ref:fc19d3f9211d9a10",
        "01936f2a-7a5b-7c11-9f3e-123456789012",
        "Apartamento 3 quartos, 120 m², Jardins",
        "Score: 681",
    ],
)
def test_what_tells_nobody_stays_readable(harmless: str) -> None:
    assert shown_text(harmless, clear=False) == harmless


@given(st.from_regex(r"\A[0-9]{3}[. ]?[0-9]{3}[. ]?[0-9]{3}[-. ]?[0-9]{2}\Z"))
def test_eleven_digits_never_stay_whole(written: str) -> None:
    digits = "".join(filter(str.isdigit, written))
    shown = shown_text(f"meu CPF é {written}, obrigada", clear=False)
    assert written not in shown
    assert digits not in shown


@given(st.text())
def test_masking_takes_any_text(text: str) -> None:
    assert isinstance(shown_text(text, clear=False), str)
    assert shown_text(text, clear=True) == text


BODY: dict[str, Any] = {
    "id": "358f62821dc6cfa7cfbda19e670d6392",
    "attributes": {
        "customer": {"name": "Marina Prado", "phone": 11987654321, "email": "marina.prado@example.com"},
        "messages": [{"message": "Meu CPF é 529.982.247-25"}],
        "score": 681,
        "is_new": True,
        "nothing": None,
    },
    "google_key": "a-key-of-the-door",
}


def test_a_foreign_body_is_masked_at_every_depth() -> None:
    shown = shown_json(BODY, clear=False)
    attributes = shown["attributes"]
    assert attributes["customer"] == {
        "name": "Marina Prado",
        "phone": "***.876.***-**",
        "email": "m***@example.com",
    } or (attributes["customer"]["phone"] == "(11) *****-**21")
    assert attributes["messages"] == [{"message": "Meu CPF é ***.982.***-**"}]
    assert (attributes["score"], attributes["is_new"], attributes["nothing"]) == (681, True, None)
    assert shown["id"] == BODY["id"]


def test_a_secret_in_a_body_is_nobodys_to_read() -> None:
    for clear in (True, False):
        assert shown_json(BODY, clear=clear)["google_key"] == "***"


def test_whoever_may_reads_the_body_as_it_came() -> None:
    assert shown_json(BODY, clear=True) == BODY | {"google_key": "***"}
