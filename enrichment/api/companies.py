from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.views import APIView

from c2s_enrich.api_keys import caller_of
from c2s_enrich.errors import Refusal
from c2s_enrich.models import Scope
from c2s_enrich.struct_schemas import answered
from enrichment.api import examples
from enrichment.api.asked import parsed
from enrichment.api.described import described, text_of
from enrichment.companies import CompanyShown, company_known
from parties.identifiers import CNPJ


class CompanyView(APIView):
    """One company with the people who belong to it today."""

    scope = Scope.LOOKUP

    @described(
        "company", CompanyShown, tag="customers", refuses=(400, 404), example=examples.COMPANY,
        parameters=[
            OpenApiParameter("cnpj", text_of("cnpj"), OpenApiParameter.PATH, description="Numeric or alphanumeric.")
        ],
    )  # fmt: skip
    def get(self, request: Request, cnpj: str) -> HttpResponse:
        read = parsed(CNPJ, "cnpj", cnpj, "a CNPJ (fourteen digits or letters)")
        company = company_known(read, clear=caller_of(request).may(Scope.PII))
        if company is None:
            raise Refusal(404, "No company has this CNPJ.", "unknown_company")
        return answered(company)
