"""Whoever changes a golden record, by whatever path: what was cached of it is dropped once that is committed."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection

from c2s_enrich import sealed_cache
from enrichment.memory import forget_values

_IDENTIFIERS = """
with given as (select unnest(%s::uuid[]) as id), shown as (
  select id from given
  union select r.from_party_id from party_relationships r join given on r.to_party_id = given.id
  union select r.to_party_id from party_relationships r join given on r.from_party_id = given.id)
select c.value from party_contacts c join shown on c.party_id = shown.id
union select p.cpf_cnpj from parties p join shown on p.id = shown.id where p.cpf_cnpj is not null
"""
# beyond this many, forgetting everything is one write and cheaper than naming each
_MANY = 500


def forget_changed(*, party_ids: frozenset[UUID], contact_values: frozenset[str], **_: Any) -> None:
    """The listener of `party_changed`."""
    if len(party_ids) > _MANY:
        sealed_cache.forget_everything()
    else:
        forget_values({*contact_values, *_identifiers_of(party_ids)})


def forget_party(party_id: UUID) -> int:
    return forget_parties([party_id])


def forget_parties(party_ids: Iterable[UUID], *, besides: Iterable[str] = ()) -> int:
    return forget_values({*besides, *_identifiers_of(party_ids)})


def _identifiers_of(party_ids: Iterable[UUID]) -> set[str]:
    """Contacts and documents of the parties, of the people who show them, and of the companies that do."""
    with connection.cursor() as cursor:
        cursor.execute(_IDENTIFIERS, [list(party_ids)])
        return {value for (value,) in cursor.fetchall()}
