"""Rows become golden records, thousands at a time: by the rules of any filing, written in a few statements."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from django.conf import settings

from c2s_enrich.privacy import suppression
from c2s_enrich.privacy.suppression import suppressed_in_crowd
from c2s_enrich.rows import renewing, rows_copy, rows_insert
from enrichment.bulk.told import SOURCE, Told
from parties import changes, history
from parties.facts import PersonFacts
from parties.filing.addresses import Seen, addresses_merge, places_made, told_places
from parties.filing.contacts import Merged, contacts_merge, told_contacts
from parties.filing.values import take
from parties.identifiers import CNPJ, CPF
from parties.merge import person_take
from parties.models import Cause, Company, Kind, Party, PartyAddress, PartyContact, Person
from parties.names import folded, similarity

FORGOTTEN = "row:forgotten"
_PARTY = ("name", "folded_name", "origins", "updated_at")
_LINK = ("address_id", "source", "seen_at", "is_primary")
_CONTACT = ("contact_type", "is_verified", "is_primary", "confidence", "operator", "line_type", "updated_at")


class Overtaken(Exception):
    """Somebody was forgotten while these rows were being filed: they are to be filed again."""


@dataclass(slots=True)
class Filed:
    """Who the rows are about, by what became of them; the rows' refusals are noted on the rows."""

    made: set[UUID] = field(default_factory=set)
    changed: set[UUID] = field(default_factory=set)
    unchanged: set[UUID] = field(default_factory=set)

    @property
    def everybody(self) -> set[UUID]:
        return self.made | self.changed | self.unchanged


@dataclass(slots=True)
class _Record:
    """A party with all that filing goes by."""

    party: Party
    part: Person | Company
    is_new: bool
    rows: list[Told] = field(default_factory=list)
    contacts: list[PartyContact] = field(default_factory=list)
    links: list[PartyAddress] = field(default_factory=list)
    is_told_anew: bool = False
    merged: Merged = field(default_factory=lambda: Merged([], [], []))
    seen: Seen = field(default_factory=lambda: Seen([], [], None))

    @property
    def is_changed(self) -> bool:
        return self.is_told_anew or self.merged.is_news or bool(self.seen.fresh or self.seen.known or self.seen.best)

    def values(self) -> list[Any]:
        origins = {key: dict(marks) for key, marks in self.party.origins.items()}
        part = [getattr(self.part, column.attname) for column in self.part._meta.concrete_fields]
        return [self.party.name, origins, *part]


def sparing_the_forgotten(rows: Sequence[Told], file: Callable[[], Filed]) -> Filed:
    """In the caller's transaction, which is to be rolled back on `Overtaken` and on losing a race for a document."""
    forgotten = _forgotten(rows)
    _without_the_forgotten(rows, forgotten)
    filed = file()
    # whoever erases meanwhile takes the same rows: who comes second sees what the first did
    if not forgotten >= _forgotten(rows):
        raise Overtaken
    return filed


def parties_file(rows: Sequence[Told]) -> Filed:
    records = _Records([row for row in rows if not row.refused])
    records.read()
    for record in records.all:
        _take(record)
    _places(records.all)
    return _write(records.all)


def _names(rows: Iterable[Told]) -> set[suppression.Named]:
    documents = {(suppression.CPF, row.document.value) for row in rows if isinstance(row.document, CPF)}
    return documents | {(suppression.CONTACT, fact.identifier.value) for row in rows for fact in row.contacts}


def _forgotten(rows: Sequence[Told]) -> set[suppression.Named]:
    return suppressed_in_crowd(_names(rows))


def _without_the_forgotten(rows: Iterable[Told], forgotten: set[suppression.Named]) -> None:
    """A contact of theirs makes a row theirs, unless the row's document says that it is somebody else."""
    if not forgotten:
        return
    for row in rows:
        kept = [fact for fact in row.contacts if (suppression.CONTACT, fact.identifier.value) not in forgotten]
        is_theirs = row.document is not None and (suppression.CPF, row.document.value) in forgotten
        if is_theirs or (len(kept) < len(row.contacts) and row.document is None):
            row.refused = FORGOTTEN
        row.contacts = kept


class _Records:
    """Which party each row is about: by its document, else by a contact and a name that fits."""

    def __init__(self, rows: Sequence[Told]) -> None:
        self._rows = rows
        self._by_id: dict[UUID, _Record] = {}
        self._by_document: dict[str, _Record] = {}
        self._by_contact: dict[str, list[_Record]] = defaultdict(list)

    @property
    def all(self) -> list[_Record]:
        return [record for record in self._by_id.values() if record.rows]

    def read(self) -> None:
        self._load(self._ids())
        for row in self._rows:
            record = self._found(row) or self._new(row)
            record.rows.append(row)
            for fact in row.contacts:
                if record not in self._by_contact[fact.identifier.value]:
                    self._by_contact[fact.identifier.value].append(record)

    def _ids(self) -> set[UUID]:
        documents = [row.document.value for row in self._rows if row.document]
        values = {f.identifier.value for row in self._rows if row.document is None for f in row.contacts}
        found = set(Party.objects.filter(cpf_cnpj__in=documents).values_list("pk", flat=True))
        return found | set(PartyContact.objects.filter(value__in=values).values_list("party_id", flat=True))

    def _load(self, ids: set[UUID]) -> None:
        """Held until commit, in one order: nobody else files them meanwhile."""
        held = Party.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
        parts: dict[UUID, Any] = dict(Person.objects.in_bulk(ids)) | dict(Company.objects.in_bulk(ids))
        for party in held:
            part = parts.get(party.pk) or _part_of(party)
            self._keep(_Record(party, part, is_new=False))
        for contact in PartyContact.objects.filter(party__in=ids).order_by("id"):
            self._by_id[contact.party_id].contacts.append(contact)
            self._by_contact[contact.value].append(self._by_id[contact.party_id])
        for link in PartyAddress.objects.filter(party__in=ids).select_related("address").order_by("id"):
            self._by_id[link.party_id].links.append(link)

    def _keep(self, record: _Record) -> None:
        self._by_id[record.party.pk] = record
        if record.party.cpf_cnpj:
            self._by_document[record.party.cpf_cnpj] = record

    def _found(self, row: Told) -> _Record | None:
        if row.document:
            return self._by_document.get(row.document.value)
        told = [record for fact in row.contacts for record in self._by_contact.get(fact.identifier.value, ())]
        likely = [(likeness, record) for record in told if (likeness := _likeness(row.name, record))]
        # the first of the best: the same, however often the file comes
        return max(likely, key=lambda pair: pair[0])[1] if likely else None

    def _new(self, row: Told) -> _Record:
        kind = Kind.COMPANY if isinstance(row.document, CNPJ) else Kind.PERSON
        party = Party(kind=kind, cpf_cnpj=row.document.value if row.document else None)
        record = _Record(party, _part_of(party), is_new=True)
        self._keep(record)
        return record


def _part_of(party: Party) -> Person | Company:
    return Company(party=party) if party.kind == Kind.COMPANY else Person(party=party)


def _likeness(name: str, record: _Record) -> float:
    known = record.party.name or next((row.name for row in record.rows if row.name), "")
    if not known:
        return 0.0
    if folded(known) == folded(name):
        return 2.0
    likeness = similarity(name, known)
    return likeness if likeness >= settings.NAME_MATCH_MIN else 0.0


def _take(record: _Record) -> None:
    before = record.values()
    for row in record.rows:
        if isinstance(record.part, Person):
            # what it reads of a person's facts is there
            person_take(record.party, record.part, cast(PersonFacts, row))
        else:
            _company_take(record.party, record.part, row)
    record.is_told_anew = record.values() != before
    record.party.fold_name()
    facts = told_contacts(record.party, [fact for row in record.rows for fact in row.contacts])
    record.merged = contacts_merge(record.party, facts, record.contacts)
    for contact in record.merged.best:
        contact.is_primary = True


def _company_take(party: Party, company: Company, row: Told) -> None:
    take(party, party, "name", row.name, row, keep_first=True)
    take(party, company, "legal_name", row.name, row, keep_first=True)
    take(party, company, "trade_name", row.trade_name, row)


def _places(records: Sequence[_Record]) -> None:
    told = {
        id(record): told_places(record.party, [a for row in record.rows for a in row.addresses], record.links)
        for record in records
    }
    ids = places_made({key: fact for places in told.values() for key, fact in places.items()})
    for record in records:
        if places := told[id(record)]:
            before = {link.pk: _as_seen(link) for link in record.links}
            seen = addresses_merge(record.party, places, record.links, ids, record.rows[-1])
            if seen.best:
                seen.best.is_primary = True
            known = [link for link in seen.known if _as_seen(link) != before[link.pk]]
            record.seen = Seen(seen.fresh, known, seen.best)


def _as_seen(link: PartyAddress) -> tuple[Any, ...]:
    return link.address_id, link.source, link.seen_at, link.is_primary


def _write(records: Sequence[_Record]) -> Filed:
    fresh = [record for record in records if record.is_new]
    known = [record for record in records if not record.is_new and record.is_changed]
    before = history.states_of(record.party.pk for record in known)
    _write_new(fresh)
    _write_changed(known)
    rows_copy([contact for record in records for contact in record.merged.fresh])
    rows_copy([link for record in records for link in record.seen.fresh])
    _note(before)
    filed = Filed({record.party.pk for record in fresh}, set(before))
    filed.unchanged = {record.party.pk for record in records} - filed.made - filed.changed
    changes.announce(filed.made | filed.changed)
    return filed


def _write_new(records: Sequence[_Record]) -> None:
    # by document: two who bring the same people wait for each other, and do not lock each other out
    parties: list[Party] = sorted((record.party for record in records), key=lambda party: party.cpf_cnpj or "")
    rows_copy(parties)
    for kind in (Person, Company):
        rows_copy([record.part for record in records if isinstance(record.part, kind)])


def _write_changed(records: Sequence[_Record]) -> None:
    rows_insert([record.party for record in records], on_conflict=renewing("id", columns=_PARTY))
    for kind in (Person, Company):
        columns = [column.attname for column in kind._meta.concrete_fields if not column.primary_key]
        parts = [record.part for record in records if isinstance(record.part, kind)]
        rows_insert(parts, on_conflict=renewing("party_id", columns=columns))
    contacts = [record.merged for record in records]
    marked = {contact.pk: contact for merged in contacts for contact in (*merged.raised, *merged.best)}
    fresh = {contact.pk for merged in contacts for contact in merged.fresh}
    rows_insert([c for pk, c in marked.items() if pk not in fresh], on_conflict=renewing("id", columns=_CONTACT))
    links = [link for record in records for link in _links_changed(record)]
    rows_insert(links, on_conflict=renewing("id", columns=_LINK))


def _links_changed(record: _Record) -> list[PartyAddress]:
    return [link for link in record.seen.known if not link._state.adding]


def _note(before: dict[UUID, history.State]) -> None:
    after = history.states_of(before)
    noted = (
        history.change_of(party_id, state, after[party_id], cause=Cause.SOURCE, by=SOURCE)
        for party_id, state in before.items()
    )
    rows_copy([change for change in noted if change])
