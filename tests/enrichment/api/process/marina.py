"""A lead in the CRM, one of a portal's own, and what is known of who is behind both."""

from typing import Any

from enrichment.sandbox import Sandbox

MARINA = "52998224725"
NOBODYS_PHONE = "(11) 98123-0000"
PORTAL_LEAD: dict[str, Any] = {
    "lead_id": "portal-4711",
    "personal_info": {"name": "Marina Alves Prado", "email": "marina.prado@example.com", "cpf": None},
    "contact_info": {"phones": [{"phone": "(11) 98765-4321"}]},
}


def in_crm(sandbox: Sandbox, lead_id: str = "lead-1", **told: Any) -> str:
    marina = {"name": "Marina Alves Prado", "phone": "(11) 98765-4321", "email": "marina.prado@example.com"}
    sandbox.add_lead(id=lead_id, **(marina | told))
    return lead_id
