"""Leads and runs for tests, without going through a door."""

from typing import Any

from enrichment.intake import Arrival, leads_take_in
from enrichment.models import Run, Source, Trigger
from enrichment.providers.c2s.schemas import lead_card
from enrichment.sandbox import Sandbox


def run_for(
    sandbox: Sandbox,
    lead_id: str = "lead-1",
    *,
    name: str = "Marina Alves Prado",
    phone: str = "(11) 98765-4321",
    email: str = "marina.prado@example.com",
    document: str = "",
    source: Source = Source.C2S,
    **attributes: Any,
) -> Run:
    """A lead that the CRM knows too, and the run it started."""
    if sandbox.lead(lead_id) is None:
        sandbox.add_lead(id=lead_id, name=name, phone=phone, email=email or None)
    customer = {"name": name, "phone": phone, "email": email}
    card = lead_card(lead_id, {"customer": customer, **attributes})
    leads = leads_take_in(arrivals=[Arrival(card, document=document)], source=source, trigger=Trigger.WEBHOOK)
    return Run.objects.filter(lead=leads[lead_id]).order_by("-id")[0]


def paid_calls(sandbox: Sandbox) -> dict[str, int]:
    return {
        "phone": sandbox.calls("diretrix", operation="phone"),
        "email": sandbox.calls("diretrix", operation="email"),
        "profile": sandbox.calls("work_api", operation="cpf"),
    }
