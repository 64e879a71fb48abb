from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from c2s_enrich.errors import Refusal
from c2s_enrich.models import Scope
from c2s_enrich.privacy.access_log import Thing, thing_of
from c2s_enrich.sealed_cache import identifier_hash
from enrichment.api import examples
from enrichment.api.asked import refuse, text_in
from enrichment.api.clear import in_clear, seen
from enrichment.api.described import described, query
from enrichment.memory import WORK_MODULE
from enrichment.modules import ALL, CPF_MODULE, NAMES, sections_of, value_for
from enrichment.providers.work_api.schemas import Profile
from parties.models import Party

EXPECTED = {
    "telefone": "a phone with its area code",
    "email": "an e-mail address",
    "cep": "a CEP (eight digits)",
    "cnpj": "a CNPJ",
    "titulo": "a voter's registration number",
}


class WorkModuleView(APIView):
    """The Work API's answer with its own section and field names, reduced to what is needed; kept for an hour."""

    scope = Scope.ENRICH

    @described(
        "work_module", Profile, tag="providers", refuses=(400, 404, 502, 504), example=examples.WORK_PROFILE,
        parameters=[
            OpenApiParameter(
                "module", OpenApiTypes.STR, OpenApiParameter.PATH, enum=NAMES,
                description="`all` asks module `cpf`, once.",
            ),
            query("documento", "What the module is asked about: a CPF, or whatever it reads.", required=True),
        ],
    )  # fmt: skip
    def get(self, request: Request, module: str) -> Response:
        if module not in NAMES:
            raise Refusal(404, "There is no such module.", "unknown_module", details={"modules": list(NAMES)})
        value = value_for(module, text_in(request, "documento"))
        if value is None:
            refuse("documento", f"expected {EXPECTED.get(module, _otherwise(module))}")
        sections: dict[str, Any] | None = sections_of(module, value, clear=in_clear(request))
        if sections is None:
            raise Refusal(404, "The Work API knows nobody by this.", "unknown_document")
        seen(request, [_asked_about(module, value)], "profile")
        return Response(sections)


def _asked_about(module: str, value: str) -> Thing:
    """The person where it is a CPF; else a keyed hash, for there may be nobody on file."""
    party = Party.objects.filter(cpf_cnpj=value).first() if module in (ALL, CPF_MODULE) else None
    return thing_of(party) if party else (f"work.{module}", identifier_hash(WORK_MODULE, value), None)


def _otherwise(module: str) -> str:
    return "a name" if module in ("nome", "mae") else "a CPF (eleven digits)"
