"""Events as C2S sends them, of made-up people."""

from typing import Any


def event(
    lead_id: str = "358f62821dc6cfa7cfbda19e670d6392",
    *,
    name: str = "Marina Alves Prado",
    phone: str | None = "(11) 98765-4321",
    email: str | None = "marina.prado@example.com",
    updated_at: str | None = "2025-11-22T10:00:02.000-03:00",
    hook_action: str = "on_create_lead",
    **attributes: Any,
) -> dict[str, Any]:
    customer = {"name": name, "email": email, "phone": phone}
    given = {"customer": customer, "log": [], "messages": [], **attributes}
    if updated_at is not None:
        given["updated_at"] = updated_at
    return {"id": lead_id, "hook_action": hook_action, "attributes": given}
