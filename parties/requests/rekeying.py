"""Whom an open request is about stays readable when the key changes."""

from django.db import transaction

from c2s_enrich import sealed_cache
from c2s_enrich.rekeying import Rekeyed
from parties.models import UNANSWERED, DataRequest
from parties.requests.deeds import SEAL


@transaction.atomic
def requests_rekey() -> Rekeyed:
    """All at once: few are open at a time. Who answers one now is waited for."""
    opened = [
        (request, sealed_cache.unseal(SEAL, request.sealed))
        for request in DataRequest.objects.select_for_update().filter(state__in=UNANSWERED)
        if not sealed_cache.is_sealed_by_current_key(SEAL, request.sealed)
    ]
    readable = [(request, told) for request, told in opened if told is not None]
    for request, told in readable:
        request.sealed = sealed_cache.seal(SEAL, told)
    DataRequest.objects.bulk_update([request for request, _ in readable], ["sealed"], batch_size=500)
    return Rekeyed(len(readable), len(opened) - len(readable))
