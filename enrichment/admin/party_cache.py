"""A party's page says which of its contacts the cache answers for, and drops them."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest

from c2s_enrich import sealed_cache
from c2s_enrich.back_office import panel
from enrichment.memory import remembered
from parties.disclosure import sees_clear, shown_contact, shown_document
from parties.models import Party

MOST_SHOWN = 20


@panel(on=Party)
def cache_of_party(request: HttpRequest, party: Party) -> tuple[str, dict[str, Any]]:
    shown: dict[str, Any] = {}
    if request.user.has_perm("enrichment.view_cache"):
        shown = {
            "kept": list(_kept(party, clear=sees_clear(request.user))),
            "is_reachable": sealed_cache.reachable(),
            "may_drop": request.user.has_perm("enrichment.drop_cache"),
            "party_id": party.pk,
        }
    return "admin/parts/cache_of_party.html", shown


def _kept(party: Party, *, clear: bool) -> Iterator[tuple[str, bool]]:
    contacts = list(party.contacts.values_list("value", flat=True)[:MOST_SHOWN])
    documents = [party.cpf_cnpj] if party.cpf_cnpj else []
    cached = remembered([*documents, *contacts])
    yield from ((shown_document(value, clear=clear), value in cached) for value in documents)
    yield from ((shown_contact(value, clear=clear), value in cached) for value in contacts)
