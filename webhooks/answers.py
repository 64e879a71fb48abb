"""What the doors answer."""

from typing import Any, Literal

import msgspec

from webhooks.c2s import Receipt
from webhooks.google_ads import Taken


class EventError(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    error: str


class C2SReceipt(msgspec.Struct, frozen=True, kw_only=True):
    status: Literal["received"] = "received"
    received: int
    processed: int
    duplicates: int
    rejected: int
    errors: list[EventError]


class LeadFormReceipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    success: Literal[True]
    message: str
    lead_id: str
    c2s_lead_id: str | None
    duplicate: bool = False


def c2s_receipt(receipt: Receipt) -> C2SReceipt:
    return C2SReceipt(
        received=receipt.received,
        processed=receipt.processed,
        duplicates=receipt.duplicates,
        rejected=len(receipt.errors),
        errors=[EventError(index=index, error=error) for index, error in receipt.errors],
    )


def lead_form_receipt(taken: Taken, crm_id: str) -> tuple[LeadFormReceipt, int]:
    """The answer and its status."""
    message, status = _said(taken, crm_id)
    receipt: dict[str, Any] = {"message": message, "lead_id": taken.google_id, "c2s_lead_id": crm_id or None}
    return LeadFormReceipt(success=True, duplicate=not taken.is_new, **receipt), status


def _said(taken: Taken, crm_id: str) -> tuple[str, int]:
    if not taken.is_new:
        return "This lead was received before; nothing was done twice.", 200
    if taken.lead is not None and taken.lead.is_test:
        return "Test lead received: nobody is asked or told about it.", 201
    if crm_id:
        return "Lead received and created in C2S.", 201
    return "Lead received; it is created in C2S as soon as that is possible.", 202
