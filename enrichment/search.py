"""Leads by what somebody has at hand: staff search so, and the API does."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchVectorExact
from django.db.models import Q
from django.db.models.functions import Right

from enrichment.models import Lead
from parties.identifiers import Identifier, Phone, Refused
from parties.plain_text import digits_of, plain_words
from parties.search import MOST, all_of, identifiers_in, ids_named, party_ids, searched_words


def leads_matching(term: str) -> Q:
    """An id, a phone, an e-mail, a document or words of a name: each is answered by an index."""
    term = term.replace("\x00", "").strip()
    named = Q(lead_id=term) | Q(crm_id=term) & ~Q(crm_id="")
    if term and Lead.objects.filter(named).exists():
        return named
    if found := identifiers_in(term):
        values = [identifier.value for identifier in found]
        # ids rather than a join: an OR across two tables would use no index
        known = Q(party_id__in=party_ids(term)) | Q(phone_value__in=values) | Q(email_value__in=values)
        return known | Q(pk__in=_as_typed(found))
    return _named(searched_words(term))


def _named(words: list[str]) -> Q:
    """By the name that was typed, or by that of whoever it turned out to be."""
    if not words:
        return Q(pk__in=[])
    query = SearchQuery(all_of(words), search_type="raw", config="simple")
    typed = Lead.objects.filter(SearchVectorExact(plain_words("customer_name"), query)).values("pk")
    turned_out = Lead.objects.filter(party_id__in=ids_named(words)).values("pk")
    # a query of their own: walking the newest leads, PostgreSQL would fold the name of each
    return Q(pk__in=typed.union(turned_out, all=True))


def _as_typed(found: Iterable[Identifier]) -> list[UUID]:
    """Of the second phone and the document only what was typed is kept: an index finds the likely, we read them."""
    ids: list[UUID] = []
    for identifier in found:
        if isinstance(identifier, Phone):
            likely = Lead.objects.alias(end=Right(digits_of("phone2"), 8)).exclude(phone2="")
            typed = likely.filter(end=identifier.value[-8:]).values_list("pk", "phone2")[:MOST]
            ids += [pk for pk, phone in typed if _same(Phone.parse(phone), identifier)]
        else:
            given = Lead.objects.alias(digits=digits_of("document")).exclude(document="")
            ids += given.filter(digits=identifier.value).values_list("pk", flat=True)[:MOST]
    return ids


def _same(read: Phone | Refused, wanted: Phone) -> bool:
    return isinstance(read, Phone) and read.value == wanted.value
