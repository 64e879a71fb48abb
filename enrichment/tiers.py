"""Step 2: what is already known of each identifier, from the cache, then from the database; both are free."""

from collections.abc import Iterable
from dataclasses import dataclass

from enrichment.memory import Entry, cached, discovered, on_file_remember, remember
from enrichment.memory import on_file as remembered_on_file
from enrichment.models import Tier
from enrichment.providers.work_api.schemas import profile_stored
from parties.identifiers import CNPJ, CPF, Identifier
from parties.record import Known, Record, known_by_contacts, known_by_documents


@dataclass(frozen=True, slots=True)
class Answer:
    """What one identifier leads to, and which tier said so."""

    entry: Entry
    tier: Tier


def recall(identifiers: Iterable[Identifier]) -> dict[Identifier, Answer]:
    """Only identifiers of which something is known are in the result; "nobody" is something."""
    wanted = list(identifiers)
    hits = cached(wanted)
    answers = {i: Answer(hits[i.value], Tier.CACHE) for i in wanted if i.value in hits}
    missing = [i for i in wanted if i not in answers]
    entries = entries_stored(missing)
    remember(entries)
    return answers | {i: Answer(entry, Tier.DATABASE) for i, entry in entries.items()}


def on_file(identifiers: Iterable[Identifier]) -> dict[Identifier, Answer]:
    """Everybody on file behind each identifier, enriched or not; nothing is read of what providers were asked."""
    wanted = list(identifiers)
    hits = remembered_on_file(wanted)
    missing = [i for i in wanted if i.value not in hits]
    entries = _on_file_stored(missing)
    on_file_remember(entries)
    known = {i: Answer(hits[i.value], Tier.CACHE) for i in wanted if i.value in hits}
    return known | {i: Answer(entry, Tier.DATABASE) for i, entry in entries.items()}


def _on_file_stored(wanted: list[Identifier]) -> dict[Identifier, Entry]:
    documents, contacts = _by_kind(wanted)
    known = [*known_by_contacts(contacts, enriched=False, profile=False), *known_by_documents(documents, profile=False)]
    return {i: Entry(records=[k.record for k in known if i.value in k.via]) for i in wanted}


def entries_stored(identifiers: Iterable[Identifier], *, read: Iterable[Record] = ()) -> dict[Identifier, Entry]:
    """What the database knows of these identifiers: enriched parties, and paid answers that still hold.

    A record that was `read` this very moment is not asked for again.
    """
    wanted = list(identifiers)
    just_read = {record.document: record for record in read if record.document}
    documents, contacts = _by_kind(wanted)
    asked_for = known_by_documents(document for document in documents if document not in just_read)
    behind = known_by_contacts(contacts, read=just_read.values())
    known = [(k.record, k.via) for k in (*behind, *asked_for) if k.record.document in just_read or _usable(k)]
    known += [(record, frozenset([document])) for document, record in just_read.items() if record.enriched]
    people = discovered(wanted) if wanted else {}
    entries = {
        i: Entry(
            records=[record for record, via in known if i.value in via],
            people=people.get(i.value, []),
            asked=i.value in people,
        )
        for i in wanted
    }
    return {i: entry for i, entry in entries.items() if entry.records or entry.asked}


def _by_kind(wanted: Iterable[Identifier]) -> tuple[list[str], list[str]]:
    """Documents and contacts."""
    split: tuple[list[str], list[str]] = ([], [])
    for identifier in wanted:
        split[not isinstance(identifier, CPF | CNPJ)].append(identifier.value)
    return split


def _usable(known: Known) -> bool:
    """Enriched, and with a profile that still reads: a broken one is as good as none."""
    return known.record.enriched and profile_stored(known.profile) is not None
