"""Companies of a person: each becomes a party of its own, tied by its role."""

from collections import defaultdict
from datetime import date
from uuid import UUID

from parties.facts import CompanyFact, PersonFacts
from parties.filing.values import pinned
from parties.models import Company, Kind, Party, PartyRelationship, RelationshipKind
from parties.names import folded

_TOLD = ("kind", "role", "start_date", "end_date", "source", "seen_at")


def companies_file(person: Party, facts: PersonFacts) -> None:
    """The person's row must be locked by the caller."""
    told = [fact for fact in facts.companies if not pinned(person, company_key(fact.cnpj.value))]
    if not told:
        return
    ids = companies_known({fact.cnpj.value for fact in told})
    ties: dict[UUID, list[PartyRelationship]] = defaultdict(list)
    for tie in PartyRelationship.objects.filter(from_party=person).order_by("id"):
        ties[tie.to_party_id].append(tie)
    seen: dict[UUID, PartyRelationship] = {}
    for fact in told:
        company = ids[fact.cnpj.value]
        tie = _tie(ties[company], person, company, fact)
        _update(tie, fact, facts)
        seen[tie.pk] = tie
    fresh = [tie for tie in seen.values() if tie._state.adding]
    PartyRelationship.objects.bulk_update([tie for tie in seen.values() if not tie._state.adding], _TOLD)
    PartyRelationship.objects.bulk_create(fresh, ignore_conflicts=True)


def company_key(cnpj: str) -> str:
    """What a pin on the person's ties to this company is filed under."""
    return f"companies.{cnpj}"


def companies_known(cnpjs: set[str]) -> dict[str, UUID]:
    """Their parties, made if need be. Sorted, and before anything else that filings share: no circle of waiting."""
    ordered = sorted(cnpjs)
    Party.objects.bulk_create([Party(kind=Kind.COMPANY, cpf_cnpj=cnpj) for cnpj in ordered], ignore_conflicts=True)
    ids = dict(Party.objects.filter(cpf_cnpj__in=ordered).values_list("cpf_cnpj", "pk"))
    Company.objects.bulk_create([Company(party_id=ids[cnpj]) for cnpj in ordered], ignore_conflicts=True)
    return {cnpj: ids[cnpj] for cnpj in ordered}


def _tie(rows: list[PartyRelationship], person: Party, company: UUID, fact: CompanyFact) -> PartyRelationship:
    """The tie that the fact speaks of: by its role, however spelled, or one of an unknown role."""
    same = next((tie for tie in rows if folded(tie.role) == folded(fact.role)), None)
    tie = same or next((tie for tie in rows if not tie.role or not fact.role), None)
    if tie is None:
        tie = PartyRelationship(from_party=person, to_party_id=company, kind=RelationshipKind.UNKNOWN)
        rows.append(tie)
    return tie


def _update(tie: PartyRelationship, fact: CompanyFact, facts: PersonFacts) -> None:
    """The newer word counts, and an empty one never does."""
    newer = tie._state.adding or tie.seen_at <= facts.told_at
    tie.role = tie.role or fact.role
    tie.start_date = _either(tie.start_date, fact.since, newer)
    tie.end_date = _either(tie.end_date, fact.until, newer)
    if fact.kind != RelationshipKind.UNKNOWN and (newer or tie.kind == RelationshipKind.UNKNOWN):
        tie.kind = fact.kind
    if newer:
        tie.source, tie.seen_at = facts.source, facts.told_at


def _either(known: date | None, told: date | None, newer: bool) -> date | None:
    return (told or known) if newer else (known or told)
