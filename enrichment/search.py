"""Leads by what somebody has at hand: staff search so, and the API does."""

from django.db.models import Q

from enrichment.models import Lead
from parties.search import identifiers_in, party_ids


def leads_matching(term: str) -> Q:
    """An id, a phone, an e-mail or a document is answered by indexes; only a name reads on."""
    term = term.strip()
    if Lead.objects.filter(lead_id=term).exists():
        return Q(lead_id=term)
    values = [found.value for found in identifiers_in(term)]
    # ids rather than a join: an OR across two tables would use no index
    matching = Q(party_id__in=party_ids(term))
    if values:
        return matching | Q(phone_value__in=values) | Q(email_value__in=values)
    return matching | _named(term)


def _named(term: str) -> Q:
    named = Q()
    for word in term.split():
        named &= Q(customer_name__icontains=word)
    return named
