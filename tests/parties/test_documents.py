import pytest
from hypothesis import given
from hypothesis import strategies as st

from parties.identifiers import CNPJ, CPF, Refused, document
from tests.parties.reads import reason_of, value_of


@pytest.mark.parametrize(
    "raw",
    [
        "52998224725",
        "529.982.247-25",
        " 529 982 247 25\n",
        "CPF: 529.982.247-25",
        "５２９９８２２４７２５",
        52998224725,
    ],
)
def test_a_cpf_is_read_in_any_spelling(raw: object) -> None:
    cpf = CPF.parse(raw)
    assert isinstance(cpf, CPF)
    assert (cpf.value, cpf.formatted, cpf.masked) == ("52998224725", "529.982.247-25", "***.982.***-**")


def test_a_foreign_digit_is_not_dropped_silently() -> None:
    assert reason_of(CPF.parse("52998224725\u0663")) == "not_a_number"


@pytest.mark.parametrize(
    ("raw", "value"), [(191, "00000000191"), ("1234567890", "01234567890"), (52998224725, "52998224725")]
)
def test_lost_leading_zeros_come_back(raw: object, value: str) -> None:
    assert value_of(CPF.pad(raw)) == value


@pytest.mark.parametrize("raw", ["052998224725", "11222333000181", "00052998224725"])
def test_twelve_digits_or_more_are_never_padded(raw: str) -> None:
    assert reason_of(CPF.pad(raw)) == "too_long"


@pytest.mark.parametrize("raw", ["", None, True, "529982247-2X", -191])
def test_padding_refuses_what_is_no_number(raw: object) -> None:
    assert isinstance(CPF.pad(raw), Refused)


@pytest.mark.parametrize("digit", "0123456789")
def test_eleven_equal_digits_are_no_cpf(digit: str) -> None:
    assert reason_of(CPF.parse(digit * 11)) == "repeated_digits"


@given(base=st.text("0123456789", min_size=9, max_size=9).filter(lambda base: len(set(base)) > 1))
def test_exactly_one_pair_of_check_digits_fits_a_cpf(base: str) -> None:
    fitting = [read for n in range(100) if isinstance(read := CPF.parse(f"{base}{n:02}"), CPF)]
    assert len(fitting) == 1
    assert fitting[0].masked == f"***.{base[3:6]}.***-**"
    assert CPF.pad(fitting[0].value.lstrip("0")) == fitting[0]


@given(base=st.text("0123456789ABCXYZ", min_size=12, max_size=12).filter(lambda base: len(set(base)) > 1))
def test_exactly_one_pair_of_check_digits_fits_a_cnpj(base: str) -> None:
    fitting = [read for n in range(100) if isinstance(read := CNPJ.parse(f"{base}{n:02}"), CNPJ)]
    assert len(fitting) == 1
    assert fitting[0].value[:2] not in fitting[0].masked[:2]
    assert CNPJ.parse(fitting[0].formatted.lower()) == fitting[0]


@pytest.mark.parametrize(
    ("raw", "formatted", "masked"),
    [
        ("11222333000181", "11.222.333/0001-81", "**.222.333/****-**"),
        ("cnpj 11.222.333/0001-81", "11.222.333/0001-81", "**.222.333/****-**"),
        ("12abc34501de35", "12.ABC.345/01DE-35", "**.ABC.345/****-**"),
        ("12.ABC.345/01DE-35", "12.ABC.345/01DE-35", "**.ABC.345/****-**"),
    ],
)
def test_a_cnpj_is_read_with_digits_and_with_letters(raw: str, formatted: str, masked: str) -> None:
    cnpj = CNPJ.parse(raw)
    assert isinstance(cnpj, CNPJ)
    assert (cnpj.formatted, cnpj.masked) == (formatted, masked)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("529.982.247-25", CPF), ("CPF 529.982.247-25", CPF), ("11222333000181", CNPJ),
        ("12ABC34501DE35", CNPJ),
        ("11222333000182", Refused), ("52998224", Refused), ("", Refused), (None, Refused),
    ],
)  # fmt: skip
def test_fourteen_characters_are_a_company(raw: object, kind: type) -> None:
    assert type(document(raw)) is kind
