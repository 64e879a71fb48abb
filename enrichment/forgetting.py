"""Whoever changes a golden record, by whatever path: what was cached of it is dropped once that is committed."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q

from c2s_enrich import sealed_cache
from enrichment.memory import forget_values
from parties.models import Party, PartyContact, PartyRelationship

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
    ids = set(party_ids)
    ties = PartyRelationship.objects.filter(Q(to_party__in=ids) | Q(from_party__in=ids))
    ids |= {party for tie in ties.values_list("from_party", "to_party") for party in tie}
    contacts = PartyContact.objects.filter(party__in=ids).values_list("value", flat=True)
    documents = Party.objects.filter(pk__in=ids).exclude(cpf_cnpj=None).values_list("cpf_cnpj", flat=True)
    return {*contacts, *(document for document in documents if document)}
