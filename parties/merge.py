"""Filing: what a source told becomes part of the golden record, under any concurrency one row per person."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from parties import changes
from parties.facts import ContactFact, FinanceFact, PersonFacts
from parties.filing.addresses import addresses_file
from parties.filing.companies import companies_file
from parties.filing.contacts import contacts_file
from parties.filing.values import take
from parties.models import Kind, Party, PartyEnrichment, PartyFinances, Person

KEEP_FIRST = ("birth_date", "mother_name", "father_name")
TAKE_NEWEST = (
    "sex",
    "marital_status",
    "birthplace",
    "education",
    "nationality",
    "occupation",
    "registration_status",
    "deceased",
    "politically_exposed",
)


@transaction.atomic
def person_file(
    *,
    facts: PersonFacts,
    own_contacts: Iterable[ContactFact] = (),
    profile: dict[str, Any] | None = None,
    run_id: UUID | None = None,
) -> Party:
    """Merge the facts into the person's record; `profile` is the minimised answer they came from."""
    party = _locked(facts)
    person, _ = Person.objects.get_or_create(party=party)
    take(party, party, "name", facts.name, facts, keep_first=True)
    for field in KEEP_FIRST:
        take(party, person, field, getattr(facts, field), facts, keep_first=True)
    for field in TAKE_NEWEST:
        take(party, person, field, getattr(facts, field), facts)
    person.save()
    companies_file(party, facts)
    addresses_file(party, facts)
    contacts_file(party, [*facts.contacts, *own_contacts])
    if facts.finances is not None:
        _finances_file(party, facts.finances, facts)
    if profile is not None:
        _enrichment_file(party, facts, profile, run_id)
    party.save()
    changes.announce([party.pk])
    return party


def _locked(facts: PersonFacts) -> Party:
    """The person's row, made if need be, and held until commit: two runs filing it take turns."""
    fresh = Party(kind=Kind.PERSON, cpf_cnpj=facts.cpf.value)
    Party.objects.bulk_create([fresh], ignore_conflicts=True)
    return Party.objects.select_for_update().get(cpf_cnpj=facts.cpf.value)


def _finances_file(party: Party, told: FinanceFact, facts: PersonFacts) -> None:
    known = PartyFinances.objects.filter(party=party).first()
    if known is not None and known.as_of is not None and known.as_of > facts.told_at:
        return
    adjusted = None if told.income is None else told.income * settings.INCOME_MULTIPLIER
    PartyFinances.objects.update_or_create(
        party=party,
        defaults={
            "income": told.income,
            "income_adjusted": None if adjusted is None else adjusted.quantize(Decimal("0.01")),
            "income_min": told.income_min,
            "income_max": told.income_max,
            "purchasing_power": told.purchasing_power,
            "credit_score": told.credit_score,
            "risk_level": told.risk_level,
            "social_class": told.social_class,
            "source": facts.source,
            "as_of": facts.told_at,
        },
    )


def _enrichment_file(party: Party, facts: PersonFacts, profile: dict[str, Any], run_id: UUID | None) -> None:
    PartyEnrichment.objects.create(
        party=party, provider=facts.source, profile=profile, run_id=run_id, enriched_at=facts.told_at
    )
    party.enriched = True
    party.enriched_at = max(facts.told_at, party.enriched_at or facts.told_at)


@transaction.atomic
def contacts_add(*, party_id: UUID, facts: Iterable[ContactFact]) -> None:
    """New contacts of a party that is known already."""
    party = Party.objects.select_for_update().get(pk=party_id)
    contacts_file(party, facts)
    changes.announce([party_id])
