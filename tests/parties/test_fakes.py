from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parties.fakes import EMAIL_RULES, PHONE_RULES, Rule, fake_email, fake_phone
from parties.identifiers import Email, Phone, Refused


def phone_of(raw: str) -> Phone:
    phone = Phone.parse(raw)
    assert isinstance(phone, Phone)
    return phone


def email_of(raw: str) -> Email:
    email = Email.parse(raw)
    assert isinstance(email, Email)
    return email


@pytest.mark.parametrize("rule", PHONE_RULES, ids=lambda rule: rule.name)
def test_each_phone_rule_catches_its_example(rule: Rule) -> None:
    assert fake_phone(phone_of(rule.example)) == rule.name


@pytest.mark.parametrize("rule", EMAIL_RULES, ids=lambda rule: rule.name)
def test_each_email_rule_catches_its_example(rule: Rule) -> None:
    assert fake_email(email_of(rule.example)) == rule.name


def test_rules_have_names_of_their_own() -> None:
    names = [rule.name for rule in PHONE_RULES + EMAIL_RULES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "raw",
    [
        "(11) 98765-4321", "(11) 99999-9998", "(11) 91234-5679", "(11) 92345-6789", "(11) 3333-3334",
        "(55) 98765-4321", "(99) 99999-9990", "+1 650-253-0000", "(11) 99123-4567",
    ],
)  # fmt: skip
def test_other_phones_are_real(raw: str) -> None:
    assert fake_phone(phone_of(raw)) is None


@pytest.mark.parametrize(("area_code", "digit", "length"), [*product(("11", "21", "55", "99"), "0123456789", (8, 9))])
def test_one_digit_all_along_never_passes_for_real(area_code: str, digit: str, length: int) -> None:
    phone = Phone.parse(area_code + digit * length)
    assert isinstance(phone, Refused) or fake_phone(phone)


@pytest.mark.parametrize("digit", "0123456789")
def test_one_digit_after_the_nine_is_fake(digit: str) -> None:
    assert fake_phone(phone_of(f"(11) 9{digit * 4}-{digit * 4}")) == "all_digits_equal"


@pytest.mark.parametrize("raw", ["(11) 1234-5678", "1111-1111", "99999-9999", "00000000000", "11111111111"])
def test_fakes_that_cannot_be_phones_are_refused(raw: str) -> None:
    assert isinstance(Phone.parse(raw), Refused)


def test_an_old_mobile_is_judged_with_its_ninth_digit() -> None:
    assert fake_phone(phone_of("(11) 9999-9999")) == "all_digits_equal"


@pytest.mark.parametrize(
    "raw",
    [
        "teste@example.com", "testemunha@example.com", "tester@example.com", "TESTE123@example.com",
        "naotem@example.com",
        "naotenho.naotem@teste.com", "nao.tem.email@example.com", "sememail1@example.com", "xxx@example.com",
        "aa@example.com", "1111@example.com", "m111111@example.com", "lead1234567890@example.com",
        "marina@TESTE.com",
    ],
)  # fmt: skip
def test_emails_typed_to_get_past_a_form_are_fake(raw: str) -> None:
    assert fake_email(email_of(raw))


@pytest.mark.parametrize(
    "raw",
    [
        "marina@example.com",
        "a@example.com",  # one character alone is not repeated
        "test.pilot@example.com",
        "tests@example.com",
        "test+1@example.com",
        "marina.teste@example.com",
        "naotenho@example.com",
        "nao_tem@example.com",
        "sem.email@example.com",
        "maxxx@example.com",
        "aab@example.com",
        "m11111@example.com",
        "m12345678@example.com",
        "marina@111111.example.com",
        "marina@teste.com.br",
        "marina@mail.teste.com",
        "marina@meuteste.com",
    ],
)
def test_other_emails_are_real(raw: str) -> None:
    assert fake_email(email_of(raw)) is None


@given(st.emails())
def test_a_verdict_is_a_rule_or_none(raw: str) -> None:
    email = Email.parse(raw)
    if isinstance(email, Email):
        assert fake_email(email) in {None, *(rule.name for rule in EMAIL_RULES)}
