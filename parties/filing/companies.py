"""Companies of a person: each becomes a party of its own, tied by its role."""

from parties.facts import PersonFacts
from parties.models import Company, Kind, Party, PartyRelationship


def companies_file(person: Party, facts: PersonFacts) -> None:
    """The person's row must be locked by the caller."""
    told = {(fact.cnpj.value, fact.role): fact for fact in facts.companies}
    if not told:
        return
    cnpjs = sorted({cnpj for cnpj, _ in told})
    # sorted, and before anything else that filings share: none waits for another in a circle
    Party.objects.bulk_create([Party(kind=Kind.COMPANY, cpf_cnpj=cnpj) for cnpj in cnpjs], ignore_conflicts=True)
    ids = dict(Party.objects.filter(cpf_cnpj__in=cnpjs).values_list("cpf_cnpj", "pk"))
    Company.objects.bulk_create([Company(party_id=ids[cnpj]) for cnpj in cnpjs], ignore_conflicts=True)
    PartyRelationship.objects.bulk_create(
        [
            PartyRelationship(
                from_party=person,
                to_party_id=ids[cnpj],
                kind=fact.kind,
                role=role,
                start_date=fact.since,
                end_date=fact.until,
                source=facts.source,
            )
            for (cnpj, role), fact in told.items()
        ],
        update_conflicts=True,
        unique_fields=["from_party", "to_party", "role"],
        update_fields=["kind", "start_date", "end_date", "source"],
    )
