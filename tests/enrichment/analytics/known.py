"""People, leads and what they cost, few enough to reckon by hand."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from c2s_enrich.ids import uuid7
from enrichment.models import Lead, ProviderCall, Run
from parties.models import (
    Address,
    Company,
    Party,
    PartyAddress,
    PartyContact,
    PartyEnrichment,
    PartyFinances,
    PartyRelationship,
    Person,
    PropertyOwnership,
    RealEstateProperty,
)

NOW = timezone.now()
CPF, PHONE, EMAIL = "52998224725", "+5511987654321", "marina@example.com"


@dataclass
class Known:
    person: Party
    company: Party
    first: Lead
    again: Lead


def rows(query: str, *values: Any) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def one(query: str, *values: Any) -> dict[str, Any]:
    (found,) = rows(query, *values)
    return found


def everything_known() -> Known:
    person, company = _person(), Party.objects.create(kind="company", cpf_cnpj="11222333000181", name="PRADO LTDA")
    Company.objects.create(party=company, legal_name="PRADO LTDA", trade_name="PRADO", founded_on=date(2001, 2, 3))
    PartyRelationship.objects.create(from_party=person, to_party=company, kind="partner", role="Sócio")
    first, again = (_lead(number, person) for number in (1, 2))
    return Known(person, company, first, again)


def _person() -> Party:
    person = Party.objects.create(kind="person", cpf_cnpj=CPF, name="Marina Alves", enriched=True, enriched_at=NOW)
    born = date(NOW.year - 40, 1, 1)
    Person.objects.create(party=person, birth_date=born, sex="F", mother_name="LUCIA", marital_status="Casado(a)")
    PartyFinances.objects.create(party=person, income=Decimal("7000"), credit_score=700)
    for kind, value in (("whatsapp", PHONE), ("phone", "+551133334444"), ("email", EMAIL)):
        PartyContact.objects.create(party=person, contact_type=kind, value=value, is_verified=kind == "email")
    PartyEnrichment.objects.create(party=person, provider="work_api", profile={"DadosBasicos": {"nome": "M"}})
    home = Address.objects.create(street="Rua A", number="1", city="Campinas", state="SP", cep="13000000")
    PartyAddress.objects.create(party=person, address=home, is_primary=True, source="work_api")
    flat = RealEstateProperty.objects.create(iptu_number="1", city="Campinas", area_m2=90, assessed_value=501_234)
    PropertyOwnership.objects.create(property=flat, party=person, share=Decimal("0.5"))
    return person


def _lead(number: int, person: Party) -> Lead:
    """The first was paid for, the second came from memory."""
    at = NOW - timedelta(days=3 - number)
    lead = Lead.objects.create(
        lead_id=f"lead-{number}",
        source="google_ads",
        lead_source="Portal",
        seller="Corretora Modelo",
        phone_value=PHONE,
        email_value=EMAIL if number == 2 else "",
        details={"campaign_id": "77"},
        party=person,
        received_at=at,
        closed_at=NOW if number == 2 else None,
    )
    run = Run.objects.create(
        lead=lead, trigger="google_ads", state="completed", tier="provider" if number == 1 else "database"
    )
    times = {"created_at": at, "started_at": at, "finished_at": at + timedelta(seconds=5 - number)}
    Run.objects.filter(pk=run.pk).update(**times)
    if number == 1:
        for billed, price in (("yes", "0.30"), ("unknown", "0.20"), ("no", "9")):
            ProviderCall.objects.create(
                id=uuid7(), provider="work_api", operation="cpf", outcome="ok", ms=10, price=Decimal(price),
                billed=billed, run_id=run.pk,
            )  # fmt: skip
    return lead
