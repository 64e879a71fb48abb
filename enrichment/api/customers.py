"""Who is this? The unified customer by CPF, e-mail, phone, name, or by our own id."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.request import Request
from rest_framework.views import APIView

from c2s_enrich.api_keys import caller_of
from c2s_enrich.bodies import json_object
from c2s_enrich.errors import Refusal
from c2s_enrich.models import Scope
from c2s_enrich.privacy.access_log import party_thing
from c2s_enrich.replica import reading_replica
from c2s_enrich.struct_schemas import answered
from enrichment.api import examples
from enrichment.api.asked import choice_in, flag, question_of, refuse
from enrichment.api.clear import CUSTOMER, in_clear, seen
from enrichment.api.described import choice, described, query, text_of
from enrichment.api.guessing import refuse_guessing
from enrichment.api.process_examples import DEFERRED
from enrichment.api.process_shapes import UnderWay, accepted
from enrichment.api.shapes import DryRun, PlannedCall
from enrichment.api.warm import WarmFirst, answer_keep
from enrichment.customer import Customer, Finding, customer_of, tier_name
from enrichment.deferral import gap_defer
from enrichment.lookup import Crowded, Paying, Standing, look_up, stand
from enrichment.models import Tier
from enrichment.outcome import outcome_of
from parties.record import known_by_ids

TIERS = ["local", "all"]
CURRENCY = "BRL"
REVALIDATION_FAILED = '111 c2s-enrich "Revalidation Failed"'

_IDENTIFIERS: dict[str, dict[str, Any]] = {
    "cpf": text_of("cpf", description="With or without punctuation. Decides alone where it is given."),
    "email": {"type": "string", "description": "An e-mail address; case does not matter."},
    "phone": text_of("phone", description="In any form, with its area code."),
    "name": {"type": "string", "description": "Accents, case, order and missing middle names do not matter."},
}
_BY_QUERY = [query(name, schema.get("description", ""), type=schema) for name, schema in _IDENTIFIERS.items()]
_TIERS = choice("tiers", "`local` asks no provider, whatever the key may do.", TIERS)
# structs pass for serializers wherever the schema is made
_EITHER: list[Any] = [Customer, DryRun]
ENRICHED = PolymorphicProxySerializer("EnrichAnswer", serializers=_EITHER, resource_type_field_name=None)
_REFUSES = (400, 404, 422, 502, 504)


def _question_body(**more: Any) -> dict[str, Any]:
    """In a body numbers may come as numbers, and what is not known as null."""
    written = {"cpf": ["string", "integer", "null"], "phone": ["string", "integer", "null"]}
    asked = {n: schema | {"type": written.get(n, ["string", "null"])} for n, schema in _IDENTIFIERS.items()}
    return {"application/json": {"type": "object", "minProperties": 1, "properties": asked | more}}


class ContributorView(WarmFirst):
    """Order when several are given: cpf, email, phone, name. Cache, then database, then the providers for a key
    that may enrich; an ambiguous name is answered with the best match and never paid for. What is on file is served
    with `Warning: 111` when the providers should have been asked and could not be."""

    scope = Scope.LOOKUP

    @described(
        "contributor_customer", Customer, tag="customers", parameters=[*_BY_QUERY, _TIERS],
        refuses=_REFUSES, example=examples.CUSTOMER,
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        return _looked_up(request, request.query_params, choice_in(request, "tiers", TIERS))


class LookupView(WarmFirst):
    """The same with the identifiers in the body, so that nothing personal stands in an address."""

    scope = Scope.LOOKUP

    @described(
        "lookup", Customer, tag="customers", parameters=[_TIERS], refuses=(*_REFUSES, 413, 415),
        request=_question_body(tiers={"type": ["string", "null"], "enum": [*TIERS, "", None]}),
        asks={"phone": "(11) 98765-4321"}, example=examples.CUSTOMER,
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        body = json_object(request)
        tiers, beside = body.get("tiers"), choice_in(request, "tiers", TIERS)
        if tiers not in (None, "", *TIERS):
            refuse("tiers", f"expected one of {', '.join(TIERS)}")
        return _looked_up(request, body, tiers or beside)


class EnrichView(APIView):
    """All tiers; a profile older than the service allows is bought anew. `refresh` asks the providers in any case;
    `dry_run` says which calls that would be and what they cost. `Warning: 111` marks what is served because they
    could not be asked. While as many callers wait as may, the work is queued: once the run at `Location` has ended,
    the same question is answered at once."""

    scope = Scope.ENRICH

    @described(
        "enrich", ENRICHED, tag="customers", refuses=(*_REFUSES, 413, 415),
        request=_question_body(
            refresh={"type": "boolean", "default": False}, dry_run={"type": "boolean", "default": False}
        ),
        asks={"cpf": "529.982.247-25", "refresh": False, "dry_run": False}, example=examples.CUSTOMER,
        accepts=(UnderWay, DEFERRED),
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        body = json_object(request)
        question = question_of(body)
        paying = Paying.ANEW if flag(body, "refresh") else Paying.IF_STALE
        if flag(body, "dry_run"):
            return answered(_dry_run(stand(question, paying=paying)))
        try:
            return _answer(request, look_up(question, paying=paying, insists=True))
        except Crowded as crowded:
            run = gap_defer(crowded.gap, name=question.name, anew=paying == Paying.ANEW)
            return accepted(outcome_of(run))


class CustomerView(APIView):
    """One party by its id."""

    scope = Scope.LOOKUP

    @described("customer", Customer, tag="customers", refuses=(404,), example=examples.CUSTOMER)
    def get(self, request: Request, party_id: str) -> HttpResponse:
        known = known_by_ids([UUID(party_id)], profile=False)
        return _answer(request, Finding(known[0].record, Tier.DATABASE, confidence=1.0) if known else None)


def _looked_up(request: Request, given: Mapping[str, Any], tiers: str) -> HttpResponse:
    may_pay = caller_of(request).may(Scope.ENRICH) and tiers != "local"
    paying = Paying.IF_UNKNOWN if may_pay else Paying.NEVER
    question = question_of(given)
    guessing = refuse_guessing(request, given)
    with reading_replica(allowed=paying == Paying.NEVER):
        finding = look_up(question, paying=paying)
        answer_keep(question, finding, clear=in_clear(request))
    if finding is None:
        guessing()
    return _answer(request, finding)


def _answer(request: Request, finding: Finding | None) -> HttpResponse:
    if finding is None:
        raise Refusal(404, "Nobody is known by this.", "unknown_customer")
    clear = seen(request, [party_thing(finding.record.party_id)], *CUSTOMER)
    response = answered(customer_of(finding, clear=clear))
    if finding.is_second_best:
        response["Warning"] = REVALIDATION_FAILED
    return response


def _dry_run(standing: Standing) -> DryRun:
    calls = [PlannedCall(provider=c.provider, operation=c.operation, price=c.price) for c in standing.calls]
    known = standing.finding.tier if standing.finding else None
    tier = Tier.PROVIDER if calls else known
    return DryRun(
        dry_run=True,
        tier=tier_name(tier) if tier else None,
        calls=calls,
        total_price=sum((call.price for call in calls), start=Decimal(0)),
        currency=CURRENCY,
    )
