"""Filing: what a source told becomes part of the golden record, under any concurrency one row per person."""

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any
from uuid import UUID

from django.db import transaction

from c2s_enrich.privacy import suppression
from c2s_enrich.privacy.suppression import PersonSuppressed, is_suppressed
from c2s_enrich.rows import SKIP_KNOWN, renewing, rows_insert, rows_store, rows_together
from parties import changes, history
from parties.facts import ContactFact, PersonFacts
from parties.filing.addresses import addresses_file
from parties.filing.companies import companies_file
from parties.filing.contacts import contacts_file
from parties.filing.finances import finances_file
from parties.filing.values import put, take
from parties.models import Cause, Kind, Party, PartyEnrichment, Person
from parties.names import tokens

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
_FILED = ("name", "folded_name", "enriched", "enriched_at", "origins", "updated_at")


@transaction.atomic
def person_file(
    *,
    facts: PersonFacts,
    own_contacts: Iterable[ContactFact] = (),
    profile: dict[str, Any] | None = None,
    run_id: UUID | None = None,
) -> Party:
    """Merge the facts into the person's record; `profile` is the minimised answer they came from.

    Raises PersonSuppressed for somebody who asked to be forgotten.
    """
    party = _locked(facts)
    # of somebody new nothing that is stored here is read here
    together = rows_together() if party.is_new else nullcontext()
    with history.noted(party.pk, cause=Cause.SOURCE, by=facts.source, is_new=party.is_new), together:
        _person_file(party, facts)
        companies_file(party, facts)
        addresses_file(party, facts)
        contacts_file(party, [*facts.contacts, *own_contacts])
        finances_file(party, facts)
        if profile is not None:
            _enrichment_file(party, facts, profile, run_id)
        party.fold_name()
        rows_store([party], on_conflict=renewing("id", columns=_FILED))
    # what was filed in bulk sent no signal of its own; whoever shows the person is found by the listener
    changes.announce([party.pk], [facts.cpf.value])
    return party


@transaction.atomic
def contacts_add(*, party_id: UUID, facts: Iterable[ContactFact]) -> None:
    """New contacts of a party that is known already."""
    facts = list(facts)
    party = Party.objects.select_for_update(no_key=True).get(pk=party_id)
    with history.noted(party_id, cause=Cause.SOURCE, by=facts[0].source if facts else ""):
        is_news = contacts_file(party, facts)
        if is_news:
            party.save(update_fields=["updated_at"])
            changes.announce([party_id])


def _locked(facts: PersonFacts) -> Party:
    """The person's row, made if need be, and held until commit: two runs filing it take turns."""
    while True:
        ours = Party(kind=Kind.PERSON, cpf_cnpj=facts.cpf.value)
        is_new = bool(rows_insert([ours], on_conflict=SKIP_KNOWN))
        ours._state.adding = False
        # the weaker lock: rows that only point at the person, such as a lead's, need not wait for the filing
        known = Party.objects.select_for_update(no_key=True).filter(cpf_cnpj=facts.cpf.value)
        # none is left where staff merged this row into another while we waited for it
        if party := ours if is_new else known.first():
            # asked under the lock, for an erasure takes the same row: whoever comes second sees what the first did
            if is_suppressed(suppression.CPF, facts.cpf.value):
                raise PersonSuppressed
            party.is_new = is_new
            return party


def _person_file(party: Party, facts: PersonFacts) -> None:
    known = None if party.is_new else Person.objects.filter(party=party).first()
    person = known or Person(party=party)
    person_take(party, person, facts)
    put(person)


def person_take(party: Party, person: Person, facts: PersonFacts) -> None:
    """What was told becomes values of the two, which are not stored here."""
    name = facts.name if tokens(facts.name) else ""
    take(party, party, "name", name, facts, keep_first=True)
    for field in KEEP_FIRST:
        take(party, person, field, getattr(facts, field), facts, keep_first=True)
    for field in TAKE_NEWEST:
        take(party, person, field, getattr(facts, field), facts)


def _enrichment_file(party: Party, facts: PersonFacts, profile: dict[str, Any], run_id: UUID | None) -> None:
    told = PartyEnrichment(
        party=party, provider=facts.source, profile=profile, run_id=run_id, enriched_at=facts.told_at
    )
    rows_store([told])
    party.enriched = True
    party.enriched_at = max(facts.told_at, party.enriched_at or facts.told_at)
