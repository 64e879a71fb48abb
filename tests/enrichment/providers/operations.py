"""Every call that any client can make, in one table."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from enrichment.providers.c2s import client as c2s
from enrichment.providers.diretrix import client as diretrix
from enrichment.providers.work_api import client as work_api
from enrichment.sandbox.demo import MARINA_LEAD_ID
from parties.identifiers import CPF, Email, Phone
from tests.enrichment.providers.leaks import CPF_ASKED, EMAIL_ASKED, LEAD_TEXT, NAME_ASKED, PHONE_ASKED

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Operation:
    provider: str
    name: str
    played: str  # as the sandbox calls it
    ask: Callable[[], Any]
    status: int = 200
    nobody_on: frozenset[int] = frozenset()
    nobody_inside: bool = False  # a 404 inside a 200 tells of nobody
    repeatable: bool = False
    reads_answer: bool = True

    def __str__(self) -> str:
        return f"{self.provider}.{self.name}"

    @property
    def is_paid(self) -> bool:
        return self.provider != "c2s"


def cpf(digits: str = CPF_ASKED) -> CPF:
    parsed = CPF.parse(digits)
    assert isinstance(parsed, CPF)
    return parsed


def phone(written: str = PHONE_ASKED) -> Phone:
    parsed = Phone.parse(written)
    assert isinstance(parsed, Phone)
    return parsed


def email(written: str = EMAIL_ASKED) -> Email:
    parsed = Email.parse(written)
    assert isinstance(parsed, Email)
    return parsed


def _c2s(name: str, played: str, ask: Callable[[], Any], **more: Any) -> Operation:
    return Operation("c2s", name, played, ask, **more)


def _diretrix(name: str, ask: Callable[[], Any]) -> Operation:
    return Operation("diretrix", name, name, ask, nobody_on=frozenset({400, 404}), nobody_inside=True)


def _module(name: str, value: str) -> Operation:
    def ask() -> Any:
        return work_api.profile_by_cpf(cpf(value)) if name == "cpf" else work_api.module_answer(name, value)

    return Operation("work_api", name, name, ask, nobody_on=frozenset({404}), nobody_inside=True)


OPERATIONS = (
    _c2s("lead_get", "get_lead", lambda: c2s.lead_get(MARINA_LEAD_ID), nobody_on=frozenset({404}), repeatable=True),
    _c2s("lead_list", "list_leads", lambda: list(c2s.leads_updated_since(LONG_AGO)), repeatable=True),
    _c2s("lead_create", "create_lead", lambda: c2s.lead_create({"name": NAME_ASKED, "phone": PHONE_ASKED}), status=201),
    _c2s(
        "message_create",
        "create_message",
        lambda: c2s.message_create(MARINA_LEAD_ID, LEAD_TEXT),
        status=201,
        reads_answer=False,
    ),
    _c2s("sellers", "sellers", c2s.sellers, repeatable=True),
    _c2s("company", "company", c2s.company, repeatable=True),
    _c2s(
        "subscribe",
        "subscribe",
        lambda: c2s.subscribe("https://example.com/hook", "on_create_lead"),
        reads_answer=False,
    ),
    _c2s("unsubscribe", "unsubscribe", lambda: c2s.unsubscribe("on_create_lead"), reads_answer=False),
    _diretrix("phone", lambda: diretrix.people_by_phone(phone())),
    _diretrix("email", lambda: diretrix.people_by_email(email())),
    _diretrix("cpf", lambda: diretrix.person_by_cpf(cpf())),
    _module("cpf", CPF_ASKED),
    _module("telefone", PHONE_ASKED),
    _module("email", EMAIL_ASKED),
    _module("nome", NAME_ASKED),
    _module("cep", "13010001"),
    _module("cnpj", "11222333000181"),
    _module("titulo", "123456789012"),
    _module("mae", NAME_ASKED),
)
