"""What a source tells of one person or company, in our own terms; unknown stays None or empty."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from parties.identifiers import CNPJ, CPF, Email, Phone


class Told(Protocol):
    """Who told something, and when: what a value's origin keeps."""

    @property
    def source(self) -> str: ...
    @property
    def told_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class ContactFact:
    identifier: Phone | Email
    whatsapp: bool = False
    verified: bool = False
    primary: bool = False
    confidence: Decimal | None = None
    operator: str = ""
    line_type: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class AddressFact:
    street: str = ""
    number: str = ""
    complement: str = ""
    neighborhood: str = ""
    city: str = ""
    state: str = ""
    cep: str = ""


@dataclass(frozen=True, slots=True)
class FinanceFact:
    income: Decimal | None = None
    income_min: Decimal | None = None
    income_max: Decimal | None = None
    purchasing_power: str = ""
    credit_score: int | None = None
    risk_level: str = ""
    social_class: str = ""


@dataclass(frozen=True, slots=True)
class CompanyFact:
    cnpj: CNPJ
    kind: str
    role: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class PersonFacts:
    cpf: CPF
    name: str
    source: str
    told_at: datetime
    birth_date: date | None = None
    sex: str = ""
    mother_name: str = ""
    father_name: str = ""
    marital_status: str = ""
    birthplace: str = ""
    education: str = ""
    nationality: str = ""
    occupation: str = ""
    registration_status: str = ""
    deceased: bool | None = None
    politically_exposed: bool | None = None
    contacts: list[ContactFact] = field(default_factory=list)
    addresses: list[AddressFact] = field(default_factory=list)
    finances: FinanceFact | None = None
    companies: list[CompanyFact] = field(default_factory=list)
