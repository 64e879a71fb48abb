from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from c2s_enrich.api_keys import caller_of
from c2s_enrich.errors import Refusal
from c2s_enrich.models import Scope
from enrichment.api.shapes import lead_shown, run_shown
from enrichment.models import Lead, Run


class LeadView(APIView):
    """One lead with its latest run."""

    scope = Scope.LOOKUP

    @extend_schema(operation_id="lead", responses={200: dict[str, Any]})
    def get(self, request: Request, lead_id: str) -> Response:
        lead = Lead.objects.filter(lead_id=lead_id).first()
        if lead is None:
            raise Refusal(404, "No lead has this id.", "unknown_lead")
        run = _runs().filter(lead=lead).order_by("-id").first()
        shown = lead_shown(lead, run, in_clear=caller_of(request).may(Scope.PII))
        return Response(shown | {"run": run_shown(run) if run else None})


class RunView(APIView):
    """A run: its status and each of its steps."""

    scope = Scope.LOOKUP

    @extend_schema(operation_id="run", responses={200: dict[str, Any]})
    def get(self, request: Request, run_id: UUID) -> Response:
        run = _runs().filter(pk=run_id).first()
        if run is None:
            raise Refusal(404, "No run has this id.", "unknown_run")
        return Response(run_shown(run))


def _runs() -> Any:
    return Run.objects.select_related("lead").prefetch_related("steps")
