"""On what ground a lead's data are processed, on its page and wherever it is exported."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from c2s_enrich.back_office import panel
from c2s_enrich.privacy.legal_basis import ground_of
from enrichment.models import Lead


class Grounded:
    """A list of leads, or of rows about them."""

    exports: Sequence[str] = ("lead_id_in_full", "legal_basis", "purpose")

    @display(description=_("lead id"))
    def lead_id_in_full(self, row: Any) -> str:
        return _lead(row).lead_id

    @display(description=_("legal basis"))
    def legal_basis(self, row: Any) -> str:
        return str(ground_of(_lead(row).source).basis.label)

    @display(description=_("purpose"))
    def purpose(self, row: Any) -> str:
        return ground_of(_lead(row).source).purpose


def _lead(row: Any) -> Lead:
    return row if isinstance(row, Lead) else row.lead


@panel(on=Lead)
def ground_of_lead(request: HttpRequest, lead: Lead) -> tuple[str, dict[str, Any]]:
    return "admin/parts/ground_of_lead.html", {"ground": ground_of(lead.source)}
