"""Staff tie a person to a company, correct that tie and cut it."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from parties.editing.by_hand import by_hand, refuse_forgotten
from parties.filing.companies import companies_known, company_key
from parties.filing.values import STAFF, value_pin, value_release
from parties.identifiers import CNPJ, CPF
from parties.models import Kind, Party, PartyRelationship


class TiedAlready(Exception):
    """The person has this role in this company already."""


@dataclass(frozen=True, slots=True)
class Role:
    kind: str
    name: str = ""
    since: date | None = None
    until: date | None = None


@transaction.atomic
def tie_add(*, party_id: UUID, other: CPF | CNPJ, role: Role, by: str = "") -> PartyRelationship:
    """From either end; whoever is not on file yet is made. Raises TiedAlready and PersonSuppressed."""
    if isinstance(other, CNPJ):
        # first the person, then companies, as filings do: no circle of waiting
        Party.objects.select_for_update(no_key=True).get(pk=party_id)
        company_id = companies_known({other.value})[other.value]
        return _saved(PartyRelationship(from_party_id=party_id, to_party_id=company_id), role, by, is_correction=False)
    refuse_forgotten(other)
    person = Party.objects.get_or_create(cpf_cnpj=other.value, defaults={"kind": Kind.PERSON})[0]
    return _saved(PartyRelationship(from_party=person, to_party_id=party_id), role, by, is_correction=False)


def tie_edit(*, tie: PartyRelationship, role: Role, by: str = "") -> PartyRelationship:
    """Raises TiedAlready."""
    return _saved(tie, role, by, is_correction=True)


def tie_cut(*, tie: PartyRelationship, by: str = "") -> None:
    """A pin on the person keeps it from coming back."""
    with by_hand(tie.from_party_id, by=by) as person:
        tie.delete()
        _mark(person, tie, is_correction=True, was=tie.to_party.name)


def _saved(tie: PartyRelationship, role: Role, by: str, *, is_correction: bool) -> PartyRelationship:
    tie.kind, tie.role, tie.start_date, tie.end_date = role.kind, role.name, role.since, role.until
    tie.source, tie.seen_at = STAFF, timezone.now()
    with by_hand(tie.from_party_id, by=by) as person:
        try:
            with transaction.atomic():
                tie.save()
        except IntegrityError as error:
            raise TiedAlready from error
        _mark(person, tie, is_correction=is_correction)
    return tie


def _mark(person: Party, tie: PartyRelationship, *, is_correction: bool, **marks: Any) -> None:
    """Enrichments know a company by its CNPJ: of one without it they tell nothing."""
    if cnpj := tie.to_party.cpf_cnpj:
        if is_correction:
            value_pin(person, company_key(cnpj), **marks)
        else:
            value_release(person, company_key(cnpj))
