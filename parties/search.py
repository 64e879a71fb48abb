"""One search box for staff: a phone in any format, an e-mail, a document, or words of a name."""

from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchVector

from parties.identifiers import CNPJ, CPF, Email, Identifier, Phone, Refused
from parties.models import Party, PartyContact
from parties.names import folded

MOST = 500


def identifiers_in(term: str) -> list[Identifier]:
    """All that the term can be read as: eleven digits may be a phone and a CPF."""
    read = (kind.parse(term) for kind in (Phone, Email, CPF, CNPJ))
    return [found for found in read if not isinstance(found, Refused)]


def party_ids(term: str) -> list[UUID]:
    """The parties that the term fits, each way answered by an index."""
    values = [found.value for found in identifiers_in(term)]
    if not values:
        return _by_name(term)
    by_contact = PartyContact.objects.filter(value__in=values).values_list("party_id", flat=True)[:MOST]
    by_document = Party.objects.filter(cpf_cnpj__in=values).values_list("pk", flat=True)
    return [*by_contact, *by_document]


def _by_name(term: str) -> list[UUID]:
    """Every word must begin some word of the name."""
    words = folded(term).split()
    if not words:
        return []
    query = SearchQuery(" & ".join(f"'{word}':*" for word in words), search_type="raw", config="simple")
    named = Party.objects.annotate(words=SearchVector("folded_name", config="simple")).filter(words=query)
    return list(named.values_list("pk", flat=True)[:MOST])
