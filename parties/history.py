"""What changed in a golden record: read before and after, and kept with who changed it."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection

from parties.models import Cause, PartyChange

# everything that a page of the record shows, by one query; contacts and places by what they are
_STATE = """
select p.id, jsonb_build_object('', to_jsonb(p) - %(aside)s::text[])
  || jsonb_build_object('person', (select to_jsonb(t) - %(aside)s::text[] from people t where t.party_id = p.id))
  || jsonb_build_object('company', (select to_jsonb(t) - %(aside)s::text[] from companies t where t.party_id = p.id))
  || jsonb_build_object('finances', (select to_jsonb(t) - %(aside)s::text[]
       from party_finances t where t.party_id = p.id))
  || jsonb_build_object('contacts', (select jsonb_object_agg(c.value, c.contact_type)
       from party_contacts c where c.party_id = p.id))
  || jsonb_build_object('addresses', (select jsonb_object_agg(a.id, concat_ws(', ',
         nullif(a.street, ''), nullif(a.number, ''), nullif(a.complement, ''), nullif(a.city, ''), nullif(a.cep, '')))
       from party_addresses pa join addresses a on a.id = pa.address_id where pa.party_id = p.id))
  || jsonb_build_object('companies', (select jsonb_object_agg(coalesce(c.cnpj, c.id), c.role) from (
         select distinct on (o.id) o.cpf_cnpj as cnpj, o.id::text as id, r.role
         from party_relationships r join parties o on o.id = r.to_party_id where r.from_party_id = p.id
         order by o.id, r.id) c))
from parties p where p.id = any(%(parties)s)
"""
# how it is kept, not what is known
_ASIDE = [
    "id", "party_id", "kind", "origins", "folded_name", "enriched", "enriched_at", "created_at", "updated_at",
    "as_of", "source",
]  # fmt: skip

State = dict[str, Any]


def state_of(party_id: UUID) -> State:
    return states_of([party_id]).get(party_id, {})


def states_of(party_ids: Iterable[UUID]) -> dict[UUID, State]:
    with connection.cursor() as cursor:
        cursor.execute(_STATE, {"parties": list(party_ids), "aside": _ASIDE})
        # money stays as it is written: a binary float would be another amount
        return {party_id: _flat(json.loads(told, parse_float=str)) for party_id, told in cursor.fetchall()}


@contextmanager
def noted(party_id: UUID, *, cause: Cause, by: str, is_new: bool = False) -> Iterator[None]:
    """In the caller's transaction; nothing is kept of a record that is only just being made."""
    if is_new:
        yield
        return
    before = state_of(party_id)
    yield
    change_note(party_id, before, state_of(party_id), cause=cause, by=by)


def change_note(party_id: UUID, before: State, after: State, *, cause: Cause, by: str) -> None:
    if change := change_of(party_id, before, after, cause=cause, by=by):
        change.save()


def change_of(party_id: UUID, before: State, after: State, *, cause: Cause, by: str) -> PartyChange | None:
    """Not stored yet; None where nothing changed that anybody knew."""
    values = {key: [before.get(key), after.get(key)] for key in sorted(before.keys() | after.keys())}
    changed = {key: pair for key, pair in values.items() if pair[0] != pair[1]}
    if not changed or not _was_known(before):
        return None
    return PartyChange(party_id=party_id, cause=cause, by=by[:150], values=changed)


def _was_known(before: State) -> bool:
    return any(key != "cpf_cnpj" for key in before)


def _flat(parts: dict[str, Any]) -> State:
    """`name`, `person.sex`, `contacts.+55…`; what is empty is left out."""
    return {
        f"{part}.{name}" if part else name: value
        for part, values in parts.items()
        for name, value in (values or {}).items()
        if value not in (None, "", [])
    }
