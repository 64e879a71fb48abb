"""Made-up people on file, with all that a provider may tell of them."""

from datetime import UTC, date, datetime
from decimal import Decimal

from enrichment.providers.work_api.mapping import facts_of
from enrichment.providers.work_api.schemas import Profile, as_stored, minimised
from enrichment.sandbox.marina import MARINA_PROFILE
from parties.facts import PersonFacts
from parties.identifiers import CPF
from parties.merge import person_file
from parties.models import Company, Party, PropertyOwnership, RealEstateProperty
from tests.parties.people import phone

MARINA = CPF("52998224725")
MARINAS_PHONE, MARINAS_EMAIL = "+5511987654321", "marina.prado@example.com"
MARINAS_CNPJ = "11222333000181"
PLAIN_PHONE = "+5511976543210"


def marina(*, told_at: datetime | None = None) -> Party:
    """Enriched, with a company and a property."""
    profile = minimised(Profile, MARINA_PROFILE)
    facts = facts_of(profile, cpf=MARINA, told_at=told_at or datetime.now(UTC))
    party = person_file(facts=facts, profile=as_stored(profile))
    Company.objects.filter(party__cpf_cnpj=MARINAS_CNPJ).update(
        legal_name="PADARIA EXEMPLO LTDA", trade_name="PADARIA EXEMPLO", size="ME", industry="PADARIAS"
    )
    home = RealEstateProperty.objects.create(
        iptu_number="1.2.3", street="RUA DO SOL", city="CAMPINAS", state="SP", assessed_value=Decimal("350000.00")
    )
    PropertyOwnership.objects.create(property=home, party=party, share=1, start_date=date(2019, 5, 1))
    return party


def plain_person(cpf: CPF, name: str = "JOAO PEDRO LIMA", number: str = PLAIN_PHONE) -> Party:
    """On file, but nobody paid for a profile yet."""
    facts = PersonFacts(cpf=cpf, name=name, source="diretrix", told_at=datetime.now(UTC), contacts=[phone(number)])
    return person_file(facts=facts)
