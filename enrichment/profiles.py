"""Steps 5 and 6: fetch the profiles that are missing, and file what was learnt."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from c2s_enrich.patience import written
from enrichment.choose import Choice
from enrichment.flights import fly
from enrichment.forgotten import forgotten_among
from enrichment.identity import Identity
from enrichment.memory import Entry, discovered, discovery_note, remember
from enrichment.providers.diretrix.client import PROVIDER as DIRETRIX
from enrichment.providers.work_api import client as work_api
from enrichment.providers.work_api.mapping import facts_of
from enrichment.providers.work_api.schemas import as_stored
from enrichment.tiers import entries_stored
from enrichment.tool_results import tool_result_note
from parties.facts import ContactFact, PersonFacts
from parties.identifiers import CPF, Email, Identifier, Phone
from parties.merge import contacts_add, person_file
from parties.record import Record, known_by_ids


def is_stale(record: Record) -> bool:
    at = record.enriched_at
    return at is None or timezone.now() - at > timedelta(days=settings.REFRESH_AFTER_DAYS)


def fetch(
    choice: Choice,
    identity: Identity,
    *,
    since: datetime | None = None,
    run_id: UUID | None = None,
    lead_id: str = "",
    patience: float | None = None,
) -> Record | None:
    """The person's record with a profile in it, bought and filed if need be; None when there is none.

    A profile older than `since` is not enough. Filed in the same breath as it was bought: whatever dies next,
    nobody pays for it again. Nobody is asked about somebody who is forgotten.
    """
    if forgotten_among([choice.document]):
        return None
    return fly(
        choice.document,
        known=lambda: _known(choice.document, since),
        ask=lambda: _Answer(_bought(choice, identity, run_id, lead_id)),
        longest=work_api.LONGEST,
        patience=patience,
    ).record


def file(choice: Choice, record: Record | None, identity: Identity) -> Record:
    """The golden record with the lead's own contacts in it; of somebody without a profile what little is known."""
    own = own_contacts(choice, identity)
    if record is None:
        facts = PersonFacts(cpf=choice.document, name=choice.name, source=DIRETRIX, told_at=timezone.now())
        return _read_back(person_file(facts=facts, own_contacts=own).pk)
    known = {contact.value for contact in record.contacts}
    if all(fact.identifier.value in known for fact in own):
        return record
    contacts_add(party_id=record.party_id, facts=own)
    return _read_back(record.party_id)


@dataclass(frozen=True, slots=True)
class _Answer:
    """A record, or the certainty that there is none."""

    record: Record | None


def _known(cpf: CPF, since: datetime | None) -> _Answer | None:
    """What somebody else learnt while this one waited."""
    entry = entries_stored([cpf]).get(cpf, Entry())
    for record in entry.records:
        if since is None or (record.enriched_at is not None and record.enriched_at > since):
            return _Answer(record)
    asked = entry.asked if since is None else cpf.value in discovered([cpf], since=since)
    return _Answer(None) if asked else None


def _bought(choice: Choice, identity: Identity, run_id: UUID | None, lead_id: str) -> Record | None:
    profile = work_api.profile_by_cpf(choice.document)
    if profile is None:
        written(partial(discovery_note, choice.document, []))
        return None
    if lead_id:
        tool_result_note(lead_id, "work_api", profile)
    facts = facts_of(profile, cpf=choice.document, told_at=timezone.now())
    own = own_contacts(choice, identity)
    bought = partial(person_file, facts=facts, own_contacts=own, profile=as_stored(profile), run_id=run_id)
    return _read_back(written(bought).pk)


def remember_person(record: Record, identifiers: Iterable[Identifier]) -> None:
    """Fill the cache for every contact of the person, the lead's own included."""
    parsed = [*identifiers, *(p for c in record.contacts if (p := _identifier(c.type, c.value)))]
    cpf = CPF.parse(record.document or "")
    everything = {i.value: i for i in [*parsed, *([cpf] if isinstance(cpf, CPF) else [])]}
    remember(entries_stored(everything.values(), read=[record]))


def remember_nobody(identifiers: Iterable[Identifier]) -> None:
    remember({identifier: Entry(asked=True) for identifier in identifiers})


def own_contacts(choice: Choice, identity: Identity) -> list[ContactFact]:
    """The lead's own phone and e-mail, where they led to this person."""
    led = [
        (identity.phone, choice.by_phone or choice.by_document),
        (identity.email, choice.by_email or choice.by_document),
    ]
    return [ContactFact(identifier=contact, source=identity.told_by) for contact, leads in led if contact and leads]


def _read_back(party_id: UUID) -> Record:
    return known_by_ids([party_id])[0].record


def _identifier(kind: str, value: str) -> Phone | Email | None:
    parsed = Email.parse(value) if kind == "email" else Phone.parse(value)
    return parsed if isinstance(parsed, Phone | Email) else None
