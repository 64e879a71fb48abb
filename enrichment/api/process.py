"""Have a lead enriched and wait for it: Make's trigger, the same with real status codes, and leads of elsewhere."""

import re
from typing import Any, NoReturn

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from c2s_enrich.bodies import json_object
from c2s_enrich.errors import Refusal
from c2s_enrich.models import Scope
from c2s_enrich.privacy.access_log import party_thing
from c2s_enrich.struct_schemas import answered
from enrichment.api import process_examples as examples
from enrichment.api.asked import choice_in
from enrichment.api.clear import seen
from enrichment.api.described import UNDER_WAY, choice, query, refusals
from enrichment.api.leads import LeadsView
from enrichment.api.process_shapes import Enriched, Processed, UnderWay, accepted, enriched, processed
from enrichment.api.rest_lead import REST_LEAD, arrival_in
from enrichment.demand import Demand, ForeignLead, lead_bring, lead_demand
from enrichment.models import Run, Trigger
from enrichment.outcome import Outcome, outcome_of
from enrichment.waiting import run_wait

LONGEST_ID = 191
# a slash would end it in an address, and nobody's id has signs that no terminal shows
_ID = re.compile(rf"[^\s/\x00-\x1f\x7f-\x9f\ud800-\udfff]{{1,{LONGEST_ID}}}")
_EXPECTED_ID = f"expected the lead's id: up to {LONGEST_ID} signs, no blank and no slash among them"
_AT_ONCE = {"0": False, "false": False, "1": True, "true": True}
_ASYNC = choice("async", "`1` answers at once, with the run queued.", _AT_ONCE)
_REAL_STATUSES = {
    200: OpenApiResponse(Enriched, description="Enriched"),
    202: OpenApiResponse(UnderWay, description=UNDER_WAY),
}


class ProcessView(APIView):
    """Make's trigger. Waits for the run, and answers 200 whatever came of it: `success` and `message` tell."""

    scope = Scope.ENRICH

    @extend_schema(
        operation_id="leads_process",
        tags=["enrichment"],
        parameters=[query("id", "The lead's id in C2S.", required=True)],
        examples=examples.PROCESSED,
        responses={200: OpenApiResponse(Processed, description="What came of it")} | refusals([400]),
    )
    def get(self, request: Request) -> HttpResponse:
        demand = lead_demand(lead_id=lead_id_in(request.query_params.get("id"), "id"), trigger=Trigger.MAKE)
        outcome = outcome_of(run_wait(demand.run.pk))
        return answered(processed(outcome, joined=demand.joined, clear=_seen(request, outcome)))


class C2SEnrichView(APIView):
    """The same work with real status codes."""

    scope = Scope.ENRICH

    @extend_schema(
        operation_id="c2s_enrich",
        tags=["enrichment"],
        request=None,
        parameters=[OpenApiParameter("lead_id", str, OpenApiParameter.PATH), _ASYNC],
        examples=examples.ENRICHED,
        responses=_REAL_STATUSES | refusals([400, 404, 422, 500, 502, 504]),
    )
    def post(self, request: Request, lead_id: str) -> HttpResponse:
        at_once, lead_id = at_once_in(request), lead_id_in(lead_id, "lead_id")
        return _answer(request, lead_demand(lead_id=lead_id, trigger=Trigger.REST), at_once)


class LeadsWithIntakeView(LeadsView):
    """The newest first; and leads of elsewhere, which C2S does not have and is not told of."""

    @property
    def scope(self) -> Scope:  # type: ignore[override]
        return Scope.ENRICH if self.request.method == "POST" else Scope.LOOKUP

    @extend_schema(
        operation_id="lead_enrich",
        tags=["enrichment"],
        request={"application/json": REST_LEAD},
        parameters=[_ASYNC],
        examples=[examples.REST_LEAD, *examples.ENRICHED],
        responses=_REAL_STATUSES | refusals([400, 404, 409, 413, 415, 422, 500, 502, 504]),
    )
    def post(self, request: Request) -> HttpResponse:
        at_once, body = at_once_in(request), json_object(request)
        arrival = arrival_in(body, lead_id=lead_id_in(body.get("lead_id"), "lead_id"))
        try:
            demand = lead_bring(arrival)
        except ForeignLead:
            raise Refusal(409, "A lead of C2S has this id: use /api/v1/c2s/enrich/ for it.", "foreign_lead") from None
        return _answer(request, demand, at_once)


def at_once_in(request: Request) -> bool:
    return _AT_ONCE.get(choice_in(request, "async", list(_AT_ONCE)), False)


def lead_id_in(value: Any, field: str) -> str:
    given = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _ID.fullmatch(given) or given in (".", ".."):
        raise Refusal(400, f"`{field}`: {_EXPECTED_ID}.", "invalid", details={field: _EXPECTED_ID})
    return given


def _answer(request: Request, demand: Demand, at_once: bool) -> HttpResponse:
    run = Run.objects.select_related("lead").get(pk=demand.run.pk) if at_once else run_wait(demand.run.pk)
    outcome = outcome_of(run)
    if outcome.problem is not None:
        _refuse(outcome.problem.status, outcome.problem.sentence, outcome.problem.code, run)
    if at_once or outcome.is_open:
        return accepted(outcome)
    return answered(enriched(outcome, clear=_seen(request, outcome)))


def _seen(request: Request, outcome: Outcome) -> bool:
    return seen(request, map(party_thing, outcome.party_ids), "document")


def _refuse(status: int, sentence: str, code: str, run: Run) -> NoReturn:
    raise Refusal(status, sentence, code, details={"lead_id": run.lead.lead_id, "run_id": str(run.pk)})
