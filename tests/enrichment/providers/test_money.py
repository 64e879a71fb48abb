"""Sums as Brazilians write them."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.providers.reading import (
    money,
    money_range,
)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("6089,28", "6089.28"),
        ("1.350.000,00", "1350000.00"),
        ("R$ 11.569,63", "11569.63"),
        ("R$\u00a01.000", "1000.00"),
        ("1,350,000.50", "1350000.50"),
        ("350.000", "350000.00"),
        ("0.500", "0.50"),
        ("1350000.0", "1350000.00"),
        (1350000.0, "1350000.00"),
        (6089.28, "6089.28"),
        (6089, "6089.00"),
        ("0,00", "0.00"),
        ("-0", "0.00"),
        ("-5", None),
        (-5, None),
        ("", None),
        ("SEM INFORMAÇÃO", None),
        ("doze mil", None),
        ("12 mil", None),
        (float("nan"), None),
        (float("inf"), None),
        ("NaN", None),
        ("Infinity", None),
        (10**12, None),
        (True, None),
        ([1], None),
    ],
)
def test_money(value: Any, read: str | None) -> None:
    assert money(value) == (None if read is None else Decimal(read))


@given(st.decimals(min_value=0, max_value=Decimal("99999999999.99"), places=2))
def test_money_written_in_brazil_is_read_to_the_cent(amount: Decimal) -> None:
    english = f"{amount:,.2f}"
    brazilian = english.translate(str.maketrans(",.", ".,"))
    assert money(brazilian) == money(f"R$ {brazilian}") == money(brazilian.replace(".", "")) == amount


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("De R$ 1630 até R$ 4082", "1630", "4082"),
        ("De R$ 1.630,50 a R$ 4.082,00.", "1630.50", "4082"),
        ("R$ 4082 - R$ 1630", "1630", "4082"),
        ("Entre 1630 e 4082", "1630", "4082"),
        ("De 1 a 2 salários mínimos (R$ 1630 até R$ 4082)", "1630", "4082"),
        ("De 1 a 2 salários mínimos", None, None),
        ("Acima de R$ 9000", "9000", None),
        ("Mais de R$ 9.000,00", "9000", None),
        ("A partir de R$ 9000", "9000", None),
        ("Até R$ 800", None, "800"),
        ("Abaixo de R$ 800", None, "800"),
        ("R$ 800", None, None),
        ("SEM INFORMAÇÃO", None, None),
        ("", None, None),
        (None, None, None),
        ({}, None, None),
        ("sem faixa", None, None),
    ],
)
def test_ranges_are_prose(value: Any, low: str | None, high: str | None) -> None:
    assert money_range(value) == (low and Decimal(low), high and Decimal(high))
