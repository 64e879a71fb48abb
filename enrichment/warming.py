"""Fill the cache before anybody asks: the people whose contacts were last enriched."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from enrichment.memory import remember
from enrichment.tiers import entries_stored
from parties.identifiers import CPF, Email, Identifier, Phone, phone_or_email
from parties.models import Party, PartyContact

_BATCH = 200


def cache_warm(*, limit: int = 1000, party_id: UUID | None = None) -> int:
    """How many identifiers are warm now: of one party, or of the `limit` parties enriched last."""
    parties = Party.objects.filter(enriched=True).order_by("-enriched_at")
    chosen = parties.filter(pk=party_id) if party_id else parties[:limit]
    ids = list(chosen.values_list("pk", flat=True))
    return sum(_warm(ids[start : start + _BATCH]) for start in range(0, len(ids), _BATCH))


def _warm(ids: list[UUID]) -> int:
    entries = entries_stored(_identifiers(ids))
    remember(entries)
    return len(entries)


def _identifiers(ids: list[UUID]) -> set[Identifier]:
    contacts = PartyContact.objects.filter(party__in=ids).values_list("value", flat=True)
    documents = Party.objects.filter(pk__in=ids).values_list("cpf_cnpj", flat=True)
    return {*_parsed(contacts), *(cpf for d in documents if isinstance(cpf := CPF.parse(d), CPF))}


def _parsed(values: Iterable[str]) -> Iterator[Identifier]:
    for value in values:
        parsed = phone_or_email(value)
        if isinstance(parsed, Phone | Email):
            yield parsed
