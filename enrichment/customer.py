"""The unified customer: one answer about one person or company, whichever tier it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec
from django.utils import timezone

from enrichment.models import Tier
from parties.disclosure import shown_contact, shown_document, shown_text
from parties.fakes import fake_email, fake_phone
from parties.identifiers import Email, Phone
from parties.record import Contact, Finances, Owned, Place, Record, Tie

ORIGIN = "c2s-enrich"
BRAZIL = "+55"
PROFILE_MODULE = "cpf"

TierName = Literal["cache", "database", "provider"]
SourceName = Literal["cache", "database", "diretrix", "work_api"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Every field is always there: what is unknown is null."""


class PersonalInfo(Answer, frozen=True):
    cpf: str | None
    name: str | None
    birth_date: date | None
    gender: str | None
    mother_name: str | None
    father_name: str | None
    marital_status: str | None


class CustomerEmail(Answer, frozen=True):
    email: str
    is_valid: bool
    is_primary: bool
    source: str | None
    confidence: float | None


class CustomerPhone(Answer, frozen=True):
    phone: str
    ddd: str | None
    operator: str | None
    type: str | None
    whatsapp: bool | None
    is_valid: bool
    is_primary: bool
    source: str | None
    confidence: float | None


class ContactInfo(Answer, frozen=True):
    emails: list[CustomerEmail]
    phones: list[CustomerPhone]


class CustomerAddress(Answer, frozen=True):
    street: str | None
    number: str | None
    complement: str | None
    neighborhood: str | None
    city: str | None
    state: str | None
    cep: str | None
    is_primary: bool
    source: str | None


class FinancialInfo(Answer, frozen=True):
    income: Decimal | None
    income_adjusted: Decimal | None
    income_range: str | None
    credit_score: int | None
    risk_level: str | None


class CustomerCompany(Answer, frozen=True):
    cnpj: str | None
    name: str | None
    role: str | None


class CustomerProperty(Answer, frozen=True):
    street: str | None
    number: str | None
    neighborhood: str | None
    city: str | None
    state: str | None
    area_m2: Decimal | None
    assessed_value: Decimal | None
    share: Decimal | None


class CustomerMetadata(Answer, frozen=True):
    party_id: UUID
    enriched: bool
    enriched_at: datetime | None
    sources: list[SourceName]
    tier: TierName
    confidence: float | None
    matches: int
    modules_consulted: list[str]
    timestamp: datetime


class Customer(Answer, frozen=True):
    source: str
    type: Literal["person", "company"]
    personal_info: PersonalInfo
    contact_info: ContactInfo
    addresses: list[CustomerAddress]
    financial_info: FinancialInfo | None
    companies: list[CustomerCompany]
    properties: list[CustomerProperty]
    metadata: CustomerMetadata


@dataclass(frozen=True, slots=True)
class Finding:
    """A record, and how it was found."""

    record: Record
    tier: Tier
    sources: Sequence[SourceName] = ()
    confidence: float | None = None
    matches: int = 1
    # the providers should have been asked, and could not be
    is_second_best: bool = False


def customer_of(finding: Finding, *, clear: bool) -> Customer:
    """Without `clear`, documents and contacts are masked."""
    record = finding.record
    return Customer(
        source=ORIGIN,
        type=record.kind,  # type: ignore[arg-type]  # the database knows the same two
        personal_info=_personal(record, clear),
        contact_info=ContactInfo(
            emails=[_email(c, clear) for c in record.emails],
            phones=[_phone(c, clear) for c in record.phones],
        ),
        addresses=[_address(p) for p in record.places],
        financial_info=_finances(record.finances),
        companies=[_company(t, clear) for t in record.ties if t.until is None],
        properties=[_property(o) for o in record.owned],
        metadata=_metadata(finding),
    )


def tier_name(tier: Tier) -> TierName:
    return tier.value  # type: ignore[return-value]  # the same three words


def _metadata(finding: Finding) -> CustomerMetadata:
    tier = tier_name(finding.tier)
    return CustomerMetadata(
        party_id=finding.record.party_id,
        enriched=finding.record.enriched,
        enriched_at=finding.record.enriched_at,
        sources=list(finding.sources) or [_as_source(tier)],
        tier=tier,
        confidence=None if finding.confidence is None else round(finding.confidence, 2),
        matches=finding.matches,
        modules_consulted=[PROFILE_MODULE] if finding.record.enriched else [],
        timestamp=timezone.now(),
    )


def _as_source(tier: TierName) -> SourceName:
    """Providers name themselves; should one not have, the database has what it told."""
    return "database" if tier == "provider" else tier


def _personal(record: Record, clear: bool) -> PersonalInfo:
    return PersonalInfo(
        cpf=bare_document(record.document, clear=clear),
        name=shown_text(record.name, clear=clear) or None,
        birth_date=record.birth_date,
        gender=record.sex or None,
        mother_name=record.mother_name or None,
        father_name=record.father_name or None,
        marital_status=record.marital_status or None,
    )


def _email(contact: Contact, clear: bool) -> CustomerEmail:
    return CustomerEmail(
        email=bare_contact(contact.value, clear=clear),
        is_valid=fake_email(Email(contact.value)) is None,
        is_primary=contact.primary,
        source=contact.source or None,
        confidence=_share(contact.confidence),
    )


def _phone(contact: Contact, clear: bool) -> CustomerPhone:
    brazilian = contact.value.startswith(BRAZIL)
    return CustomerPhone(
        phone=bare_contact(contact.value, clear=clear),
        ddd=contact.value[3:5] if brazilian else None,
        operator=contact.operator or None,
        type=contact.line_type or None,
        # a source that does not say so has not said the contrary
        whatsapp=True if contact.type == "whatsapp" else None,
        is_valid=not brazilian or fake_phone(Phone(contact.value, "BR")) is None,
        is_primary=contact.primary,
        source=contact.source or None,
        confidence=_share(contact.confidence),
    )


def _address(place: Place) -> CustomerAddress:
    return CustomerAddress(
        street=place.street or None,
        number=place.number or None,
        complement=place.complement or None,
        neighborhood=place.neighborhood or None,
        city=place.city or None,
        state=place.state or None,
        cep=place.cep or None,
        is_primary=place.primary,
        source=place.source or None,
    )


def _finances(finances: Finances | None) -> FinancialInfo | None:
    if finances is None:
        return None
    return FinancialInfo(
        income=finances.income,
        income_adjusted=finances.income_adjusted,
        income_range=_range(finances.income_min, finances.income_max),
        credit_score=finances.credit_score,
        risk_level=finances.risk_level or None,
    )


def _range(low: Decimal | None, high: Decimal | None) -> str | None:
    """`1630.00-4082.00`; an open end is left out: `9000.00-`, `-800.00`."""
    return None if low is None and high is None else f"{_money(low)}-{_money(high)}"


def _money(amount: Decimal | None) -> str:
    return "" if amount is None else str(amount)


def _company(tie: Tie, clear: bool) -> CustomerCompany:
    return CustomerCompany(
        cnpj=bare_document(tie.cnpj, clear=clear), name=shown_text(tie.name, clear=clear) or None, role=tie.role or None
    )


def _property(owned: Owned) -> CustomerProperty:
    return CustomerProperty(
        street=owned.street or None,
        number=owned.number or None,
        neighborhood=owned.neighborhood or None,
        city=owned.city or None,
        state=owned.state or None,
        area_m2=owned.area_m2,
        assessed_value=owned.assessed_value,
        share=owned.share,
    )


def bare_document(value: str | None, *, clear: bool) -> str | None:
    """In clear as a machine reads it, else masked as a person does."""
    if not value:
        return None
    return value if clear else shown_document(value, clear=False)


def bare_contact(value: str, *, clear: bool) -> str:
    return value if clear else shown_contact(value, clear=False)


def _share(confidence: Decimal | None) -> float | None:
    return None if confidence is None else float(confidence)
