"""Contacts that people type to get past a form. The two tables are the whole rule: nothing else is fake."""

import re
from dataclasses import dataclass

from parties.identifiers import Email, Phone


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    pattern: str
    example: str

    def fits(self, text: str) -> bool:
        return re.match(self.pattern, text) is not None


# Matched from the start of the subscriber's eight digits, a mobile's leading 9 left out.
PHONE_RULES = (
    Rule("all_digits_equal", r"([0-9])\1{7}$", "(11) 99999-9999"),
    Rule("counting_up", r"12345678$", "(11) 91234-5678"),
)

# Matched from the start of the whole address.
EMAIL_RULES = (
    Rule("begins_with_teste", r"teste", "teste.lead@example.com"),
    Rule("is_test", r"test@", "test@example.com"),
    Rule("begins_with_naotem", r"naotem", "naotememail@example.com"),
    Rule("begins_with_nao_tem", r"nao\.tem", "nao.tem@example.com"),
    Rule("begins_with_sememail", r"sememail", "sememail@example.com"),
    Rule("begins_with_xxx", r"xxx", "xxxabc@example.com"),
    Rule("one_character_repeated", r"([a-z0-9])\1+@", "aaaa@example.com"),
    Rule("six_equal_digits", r"[^@]*([0-9])\1{5}", "marina000000@example.com"),
    Rule("counting_digits", r"[^@]*123456789", "marina123456789@example.com"),
    Rule("domain_teste_com", r"[^@]*@teste\.com$", "marina@teste.com"),
)


def fake_phone(phone: Phone) -> str | None:
    """The name of the rule that the phone falls under; a foreign one falls under none."""
    subscriber = phone.subscriber or ""
    heart = subscriber[-8:]
    return _first_fit(PHONE_RULES, heart)


def fake_email(email: Email) -> str | None:
    return _first_fit(EMAIL_RULES, email.value)


def _first_fit(rules: tuple[Rule, ...], text: str) -> str | None:
    return next((rule.name for rule in rules if rule.fits(text)), None)
