"""A party's page lists the leads that turned out to be this person."""

from typing import Any

from django.http import HttpRequest

from c2s_enrich.back_office import may_view, panel
from enrichment.models import Lead
from parties.disclosure import sees_clear, shown_text
from parties.models import Party

LEADS_SHOWN = 20


@panel(on=Party)
def leads_of_party(request: HttpRequest, party: Party) -> tuple[str, dict[str, Any]]:
    clear = sees_clear(request.user)
    leads = Lead.objects.filter(party=party).order_by("-id")[:LEADS_SHOWN] if may_view(request, Lead) else []
    told = [{"row": lead, "name": shown_text(lead.customer_name, clear=clear)} for lead in leads]
    return "admin/parts/leads_of_party.html", {"leads": told}
