"""On what ground a lead's data are processed, on its page."""

from typing import Any

from django.http import HttpRequest

from c2s_enrich.back_office import panel
from c2s_enrich.privacy.legal_basis import ground_of
from enrichment.models import Lead


@panel(on=Lead)
def ground_of_lead(request: HttpRequest, lead: Lead) -> tuple[str, dict[str, Any]]:
    return "admin/parts/ground_of_lead.html", {"ground": ground_of(lead.source)}
