"""Whether a caller is answered in clear, and a note of whom it then sees."""

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpRequest
from rest_framework.request import Request

from c2s_enrich.api_keys import caller_of
from c2s_enrich.models import ApiKey, Scope
from c2s_enrich.privacy import access_log
from c2s_enrich.privacy.access_log import Thing

CUSTOMER = ("document", "contacts", "profile")


def in_clear(request: Request) -> bool:
    return caller_of(request).may(Scope.PII)


def seen(request: Request, things: Iterable[Thing], *fields: str) -> bool:
    """Whether these go out in clear; if so it stands in the access log."""
    clear = in_clear(request)
    if clear:
        access_log.seen_by_key(request, things, fields=fields)
    return clear


def seen_warm(request: HttpRequest, key: ApiKey, party_id: UUID) -> None:
    """Of an answer that was given before the request was anybody's."""
    access_log.seen_by_key(request, [access_log.party_thing(party_id)], fields=CUSTOMER, key=key)
