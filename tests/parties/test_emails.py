import pytest
from hypothesis import given
from hypothesis import strategies as st

from parties.identifiers import Email
from tests.parties.reads import value_of


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("  Marina.Prado@Example.COM\n", "marina.prado@example.com"),
        ("marina\u200b@example.com\ufeff", "marina@example.com"),
        ("ｍarina＠example.com", "marina@example.com"),
        ("marina+casa@example.com.br", "marina+casa@example.com.br"),
        ("marina@Bücher.example", "marina@xn--bcher-kva.example"),
        ("marina@XN--BCHER-KVA.example", "marina@xn--bcher-kva.example"),
        ("marina@imóveis。example", "marina@xn--imveis-cxa.example"),
    ],
)
def test_an_email_is_one_address_in_any_spelling(raw: str, value: str) -> None:
    assert value_of(Email.parse(raw)) == value


@pytest.mark.parametrize(
    ("raw", "masked"), [("marina@example.com", "m***@example.com"), ("m@example.com", "***@example.com")]
)
def test_an_email_shows_one_letter_and_its_domain(raw: str, masked: str) -> None:
    email = Email.parse(raw)
    assert isinstance(email, Email)
    assert (email.masked, email.formatted) == (masked, raw)
    assert f"{email.local}@{email.domain}" == raw


@given(raw=st.emails())
def test_a_standard_address_never_changes_but_for_its_case(raw: str) -> None:
    email = Email.parse(raw)
    if isinstance(email, Email):
        assert email.value == raw.lower()
