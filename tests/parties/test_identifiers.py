from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parties.identifiers import CNPJ, CPF, Email, Phone, Refused
from parties.refusals import REASONS, SENTENCES
from tests.parties.reads import Kind, Read, reason_of

KINDS: list[Kind] = [CPF, CNPJ, Phone, Email]

# Instances that are read in full by one of the kinds, to be bent by hypothesis.
REAL_ONES = [
    "529.982.247-25", "11.222.333/0001-81", "12ABC34501DE35", "(11) 98765-4321",
    "+1 650-253-0000", "m@example.com",
]  # fmt: skip

wild_text = st.text(st.characters())  # lone surrogates and NUL included
near_text = st.text("0123456789+()-./ x@,;eE\u200b\u0664\uff11abAB", max_size=40)
bent_text = st.builds(str.__add__, st.sampled_from(REAL_ONES), wild_text | near_text)
anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.binary(), st.lists(st.integers()),
    wild_text, near_text, bent_text,
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@given(raw=anything)
def test_parsing_never_raises_and_never_echoes(kind: Kind, raw: object) -> None:
    read = kind.parse(raw)
    assert isinstance(read, kind | Refused)
    if isinstance(read, Refused):
        assert read.reason in REASONS
        assert read.sentence == SENTENCES[read.reason]


@pytest.mark.parametrize("kind", KINDS)
@given(raw=wild_text | near_text | bent_text)
def test_parsing_is_idempotent_and_stable(kind: Kind, raw: str) -> None:
    first = kind.parse(raw)
    assert kind.parse(raw) == first
    if not isinstance(first, Refused):
        assert kind.parse(first.value) == first
        assert kind.parse(first.formatted) == first
        assert first.value not in first.masked


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "raw",
    [
        "",
        "  \t\n",
        "\u200b\ufeff",
        "\x00",
        None,
        b"529",
        object(),
        True,
        1.5,
        -1,
        10**50,
        "9" * 100_000,
        "\ud800",
    ],
)
def test_odd_input_is_refused(kind: Kind, raw: object) -> None:
    assert isinstance(kind.parse(raw), Refused)


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_too_long_to_be_spelled_out_is_refused(kind: Kind) -> None:
    assert isinstance(kind.parse(10**5000), Refused)


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(REASONS), "add the new reason to SENTENCES in parties/refusals.py"


REFUSALS: list[tuple[Callable[[object], Read], object, str]] = [
    (CPF.parse, " ", "empty"),
    (CPF.parse, b"52998224725", "not_text"),
    (CPF.parse, "529982247255", "too_long"),
    (CPF.parse, "5299822472", "too_short"),
    (CPF.parse, "5299822472X", "not_a_number"),
    (CPF.parse, "---", "not_a_number"),
    (CPF.parse, "111.111.111-11", "repeated_digits"),
    (CPF.parse, "529.982.247-26", "check_digits"),
    (CNPJ.parse, "11.222.333/0001-82", "check_digits"),
    (CNPJ.parse, "00.000.000/0000-00", "repeated_digits"),
    (CNPJ.parse, "12ABC34501DEAB", "not_a_number"),
    (Phone.parse, "98765-4321", "no_area_code"),
    (Phone.parse, "3234-5678", "no_area_code"),
    (Phone.parse, "+55 98765-4321", "no_area_code"),
    (Phone.parse, "(20) 98765-4321", "invalid_number"),
    (Phone.parse, "(11) 1111-1111", "invalid_number"),
    (Phone.parse, "+44 999 999 9999", "invalid_number"),
    (Phone.parse, "0800 123 4567", "service_number"),
    (Phone.parse, "+999 123 456 789 1", "unknown_country"),
    (Phone.parse, "190", "too_short"),
    (Phone.parse, "11 98765-43210", "too_long"),
    (Phone.parse, "+351 912 345 678 912 345", "too_long"),
    (Phone.parse, "não tenho", "not_a_number"),
    (Phone.parse, "11987654321@example.com", "not_a_number"),
    (Phone.parse, "5.5119876543E+12", "not_a_number"),
    (Email.parse, "marina.example.com", "no_at_sign"),
    (Email.parse, "marina@", "no_domain"),
    (Email.parse, "@example.com", "bad_local_part"),
    (Email.parse, "joão@example.com", "bad_local_part"),
    (Email.parse, "mari na@example.com", "bad_local_part"),
    (Email.parse, "a@b@example.com", "bad_local_part"),
    (Email.parse, "marina@gmail", "bad_domain"),
    (Email.parse, "marina@exa_mple.com", "bad_domain"),
    (Email.parse, "marina@example..com", "bad_domain"),
    (Email.parse, "marina@" + "a" * 300 + ".com", "too_long"),
]


@pytest.mark.parametrize(("parse", "raw", "reason"), REFUSALS)
def test_a_refusal_says_why(parse: Callable[[object], Read], raw: object, reason: str) -> None:
    assert reason_of(parse(raw)) == reason


def test_every_reason_is_shown_by_an_example() -> None:
    assert {reason for _, _, reason in REFUSALS} == set(REASONS), "add a row to REFUSALS for the new reason"


@pytest.mark.parametrize("raw", REAL_ONES)
def test_a_value_shows_itself_masked_only(raw: str) -> None:
    for kind in KINDS:
        read = kind.parse(raw)
        if not isinstance(read, Refused):
            assert read.value not in f"{read} {read!r}"
            assert read.masked in repr(read)
