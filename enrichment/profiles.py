"""Steps 5 and 6: fetch the profiles that are missing, and file what was learnt."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from enrichment.choose import Choice
from enrichment.identity import Identity
from enrichment.memory import Entry, discovered, discovery_note, remember
from enrichment.providers.diretrix.client import PROVIDER as DIRETRIX
from enrichment.providers.work_api import client as work_api
from enrichment.providers.work_api.mapping import facts_of
from enrichment.providers.work_api.schemas import Profile, as_stored
from enrichment.tiers import entries_stored
from parties.facts import ContactFact, PersonFacts
from parties.identifiers import CPF, Email, Identifier, Phone
from parties.merge import contacts_add, person_file
from parties.record import Record, known_by_documents, known_by_ids


@dataclass(frozen=True, slots=True)
class Fetched:
    """A provider's word on one person: the profile, or that it knows none."""

    profile: Profile | None


def is_stale(record: Record) -> bool:
    at = record.enriched_at
    return at is None or timezone.now() - at > timedelta(days=settings.REFRESH_AFTER_DAYS)


def fetch(cpf: CPF) -> Fetched:
    """Ask for the profile, unless the answer was lately that there is none."""
    if cpf.value in discovered([cpf]):
        return Fetched(None)
    profile = work_api.profile_by_cpf(cpf)
    if profile is None:
        discovery_note(cpf, [])
    return Fetched(profile)


def file(choice: Choice, fetched: Fetched | None, identity: Identity, *, run_id: UUID) -> Record:
    """The golden record with what is new merged in; untouched when nothing is."""
    own = own_contacts(choice, identity)
    if choice.record is not None and fetched is None:
        known = {contact.value for contact in choice.record.contacts}
        if all(fact.identifier.value in known for fact in own):
            return choice.record
        contacts_add(party_id=choice.record.party_id, facts=own)
        return _read_back(choice.record.party_id)
    profile = fetched.profile if fetched else None
    party = person_file(
        facts=_facts(choice, profile),
        own_contacts=own,
        profile=as_stored(profile) if profile else None,
        run_id=run_id,
    )
    return _read_back(party.pk)


def remember_person(record: Record, identifiers: Iterable[Identifier]) -> None:
    """Fill the cache for every contact of the person, the lead's own included."""
    parsed = [*identifiers, *(p for c in record.contacts if (p := _identifier(c.type, c.value)))]
    cpf = CPF.parse(record.document or "")
    everything = {i.value: i for i in [*parsed, *([cpf] if isinstance(cpf, CPF) else [])]}
    remember(entries_stored(everything.values()))


def remember_nobody(identifiers: Iterable[Identifier]) -> None:
    remember({identifier: Entry(asked=True) for identifier in identifiers})


def own_contacts(choice: Choice, identity: Identity) -> list[ContactFact]:
    """The lead's own phone and e-mail, where they led to this person."""
    led = [
        (identity.phone, choice.by_phone or choice.by_document),
        (identity.email, choice.by_email or choice.by_document),
    ]
    return [ContactFact(identifier=contact, source="lead") for contact, leads in led if contact and leads]


def _facts(choice: Choice, profile: Profile | None) -> PersonFacts:
    now = timezone.now()
    if profile is not None:
        return facts_of(profile, cpf=choice.document, told_at=now)
    return PersonFacts(cpf=choice.document, name=choice.name, source=DIRETRIX, told_at=now)


def _read_back(party_id: UUID) -> Record:
    return known_by_ids([party_id])[0].record


def _identifier(kind: str, value: str) -> Phone | Email | None:
    parsed = Email.parse(value) if kind == "email" else Phone.parse(value)
    return parsed if isinstance(parsed, Phone | Email) else None


def record_by_cpf(cpf: CPF) -> Record | None:
    known = known_by_documents([cpf.value])
    return known[0].record if known else None
