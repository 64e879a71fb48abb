"""Foreign JSON: tables of what was seen, and anything at all."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.providers import reading
from enrichment.providers.reading import (
    block,
    cep,
    day,
    money,
    money_range,
    rows,
    section,
    sex,
    state,
    text,
    whole,
    yes,
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FUNCTIONS = (text, block, section, money, money_range, day, whole, yes, cep, sex, state, lambda v: list(rows(v)))


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("  Rua\t das\n Acácias ", "Rua das Acácias"),
        ("SEM INFORMAÇÃO", ""),
        ("sem informacao", ""),
        ("SEM INFORMAC\u0327A\u0303O", ""),
        ("Não Informado", ""),
        ("null", ""),
        ("-", ""),
        ("", ""),
        (None, ""),
        ({}, ""),
        ([], ""),
        (True, ""),
        (0, "0"),
        (120, "120"),
        (11987654321.0, "11987654321"),
        (1.5, "1.5"),
        (10**40, ""),
        ("a\x00b\ud800c", "abc"),
        ("x" * 300, "x" * 255),
        ("Jose\u0301", "José"),
    ],
)
def test_text(value: Any, read: str) -> None:
    assert text(value) == read


def test_text_is_cut_without_a_blank_at_its_end() -> None:
    assert text("abc def", 4) == "abc"


def test_a_block_keeps_its_lines_and_only_text_is_one() -> None:
    assert block(" um\ndois\x00 ") == "um\ndois"
    assert block(5) == block(["um"]) == ""
    assert len(block("x" * 30_000)) == 20_000


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("14/03/1984", date(1984, 3, 14)),
        ("14/03/1984 10:00:00", date(1984, 3, 14)),
        ("4/3/1984 10:00", date(1984, 3, 4)),
        ("1984-03-14", date(1984, 3, 14)),
        ("1984-03-14T00:00:00Z", date(1984, 3, 14)),
        ("2024-01-05 00:00:00", date(2024, 1, 5)),
        ("31/02/1984", None),
        ("00/00/0000", None),
        ("14/03/84", None),
        ("01/01/1500", None),
        ("03/14/1984", None),
        ("SEM INFORMAÇÃO", None),
        (19840314, None),
        (None, None),
    ],
)
def test_days(value: Any, read: date | None) -> None:
    assert day(value) == read


@given(st.dates(date(1880, 1, 1), date(2100, 12, 31)))
def test_any_day_is_read_back(born: date) -> None:
    assert day(f"{born:%d/%m/%Y}") == day(born.isoformat()) == born


@pytest.mark.parametrize(
    ("value", "read"),
    [(681, 681), ("702", 702), (681.0, 681), ("1.234", 1234), ("6,5", None), ("", None), (-1, None), (10**9, None)],
)
def test_whole_numbers(value: Any, read: int | None) -> None:
    assert whole(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("SIM", True),
        ("sim ", True),
        ("S", True),
        (True, True),
        (1, True),
        ("NAO", False),
        ("NÃO", False),
        ("NA\u0303O", False),
        (False, False),
        (0, False),
        (None, None),
        ("", None),
        ("TALVEZ", None),
        ({}, None),
    ],
)
def test_yes_no_or_unknown(value: Any, read: bool | None) -> None:
    assert yes(value) is read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("01430-000", "01430000"),
        ("13010001", "13010001"),
        (1430000, "01430000"),
        (1430000.0, "01430000"),
        ("1430000", "01430000"),
        ("143000", ""),
        ("130100011", ""),
        ("00000-000", ""),
        (None, ""),
    ],
)
def test_a_cep_gets_its_leading_zero_back(value: Any, read: str) -> None:
    assert cep(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("F - FEMININO", "female"),
        ("F-FEMININO", "female"),
        ("m", "male"),
        ("MASCULINO", "male"),
        ("I - INDEFINIDO", "i - indefinido"),
        ("SEM INFORMAÇÃO", ""),
        (None, ""),
        ([], ""),
    ],
)
def test_unknown_sexes_stay_as_they_came(value: Any, read: str) -> None:
    assert sex(value) == read


@pytest.mark.parametrize(("value", "read"), [("sp", "SP"), ("SÃO", ""), ("12", ""), ("S", ""), (None, "")])
def test_states_have_two_letters(value: Any, read: str) -> None:
    assert state(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ([{"a": 1}, None, 5, "x", [], {"b": 2}], [{"a": 1}, {"b": 2}]),
        ({"a": 1}, [{"a": 1}]),
        ({}, []),
        (None, []),
        ("SEM INFORMAÇÃO", []),
    ],
)
def test_rows(value: Any, read: list[Any]) -> None:
    assert list(rows(value)) == read


@given(ANYTHING)
def test_nothing_breaks_the_reading(value: Any) -> None:
    for function in FUNCTIONS:
        function(value)


def test_a_number_of_thousands_of_digits_is_no_text() -> None:
    assert text(10**5000) == ""


@given(st.text())
def test_what_was_read_can_be_stored(value: str) -> None:
    stored = text(value) + block(value)
    stored.encode()
    assert "\x00" not in stored


@given(st.text())
def test_reading_twice_is_reading_once(value: str) -> None:
    assert text(text(value)) == text(value)


def test_every_public_function_meets_anything() -> None:
    here = {name for name, value in vars(reading).items() if callable(value) and value.__module__ == reading.__name__}
    public = {name for name in here if not name.startswith("_")}
    assert public == {getattr(f, "__name__", "") for f in FUNCTIONS if f.__name__ != "<lambda>"} | {"rows"}
