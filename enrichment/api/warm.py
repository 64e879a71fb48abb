"""The same question again: its answer lies in the cache as bytes, and comes with the key's admission in one round trip.

Whatever is out of the ordinary is left to the ordinary way: it refuses, asks and explains.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework.views import APIView

from c2s_enrich import counters, known_keys, sealed_cache
from c2s_enrich.api_keys import given_key
from c2s_enrich.models import Scope
from enrichment.api.clear import seen_warm
from enrichment.customer import Finding, customer_of
from enrichment.lookup import Asked, Paying, Question, count_saved, suffices
from enrichment.memory import CLEAR, CONTACT_TTL, MASKED, shareable
from enrichment.models import Tier
from parties.identifiers import CPF, Email, Phone, Refused

_KINDS: dict[str, type[CPF] | type[Email] | type[Phone]] = {"cpf": CPF, "email": Email, "phone": Phone}
_TIERS = (None, "", "local", "all")
_LONGEST_BODY = 4096
# before the answer itself: whether there is a profile, and whose it is
_HEAD = 17
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, str]).decode


class WarmFirst(APIView):
    """A view whose answers are kept by `answer_keep`."""

    @staticmethod
    def kept_answer(request: HttpRequest) -> HttpResponse | None:
        return _kept(request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return _kept(request) or super().dispatch(request, *args, **kwargs)


def answer_keep(question: Question, finding: Finding | None, *, clear: bool) -> None:
    """Only what any key would be told for as long as nothing changes: nobody would be asked about it anew."""
    if finding is None or question.name or len(question.identifiers) != 1 or not sealed_cache.shared():
        return
    if finding.tier == Tier.PROVIDER or finding.is_second_best or not suffices(finding, Paying.IF_UNKNOWN):
        return
    body = _encode(customer_of(replace(finding, tier=Tier.CACHE), clear=clear))
    name = _name(question.identifiers[0], clear=clear)
    head = bytes([finding.record.enriched]) + finding.record.party_id.bytes
    sealed_cache.set_many({name: head + body}, ttl=shareable(CONTACT_TTL))


def _kept(request: HttpRequest) -> HttpResponse | None:
    known = None if hasattr(request, "admission") else known_keys.recognised(given_key(request))
    scopes = known.key.scopes if known else ()
    identifier = _asked(request) if Scope.LOOKUP in scopes else None
    if known is None or identifier is None:
        return None
    clear = Scope.PII in scopes
    places = sealed_cache.peek_keys(_name(identifier, clear=clear))
    admission = known_keys.admit_peeking(known, places)
    if admission is None:
        return None
    # the ordinary way takes it from here: a key is asked for, and counted, once per request
    request.admission = admission  # type: ignore[attr-defined]
    found = None if admission.wait else sealed_cache.peeked(places, admission.found)
    if not found:
        return None
    if clear:
        seen_warm(request, known.key, UUID(bytes=found[1:_HEAD]))
    return _answered(found, identifier)


def _answered(found: bytes, identifier: Asked) -> HttpResponse:
    counters.counted("contactCache", True)
    counters.answered(Tier.CACHE.value)
    count_saved(discovery=not isinstance(identifier, CPF), profile=bool(found[0]))
    return HttpResponse(found[_HEAD:], content_type="application/json")


def _asked(request: HttpRequest) -> Asked | None:
    """The one identifier that is asked about, if that is all there is to the question."""
    accepts = request.META.get("HTTP_ACCEPT", "*/*")
    if "*/*" not in accepts and "application/json" not in accepts:
        return None
    given = _given(request)
    if len(given) > 2 or given.get("tiers") not in _TIERS:
        return None
    named = [(kind, given[field]) for field, kind in _KINDS.items() if given.get(field)]
    if len(named) != 1 or len(given) != 1 + ("tiers" in given):
        return None
    read = named[0][0].parse(named[0][1])
    return None if isinstance(read, Refused) else read


def _given(request: HttpRequest) -> Mapping[str, str]:
    if request.method == "GET":
        return _of_query(request.META["QUERY_STRING"])
    declared = request.META.get("CONTENT_LENGTH") or "0"
    plain = request.META.get("CONTENT_TYPE", "").startswith("application/json") and not request.META["QUERY_STRING"]
    if request.method != "POST" or not plain or not declared.isdecimal() or not 0 < int(declared) < _LONGEST_BODY:
        return {}
    try:
        return _decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _of_query(query: str) -> Mapping[str, str]:
    """As `request.GET` reads it, for half of the work; what is not plain is left to that."""
    try:
        return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=2)) if query.isascii() else {}
    except ValueError:
        return {}


def _name(identifier: Asked, *, clear: bool) -> tuple[str, str]:
    return CLEAR if clear else MASKED, identifier.value
