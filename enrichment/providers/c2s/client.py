"""C2S, the CRM: free to call, but to be treated politely."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.conf import settings

from enrichment.providers.c2s.schemas import LeadCard, Seller, created_id, identifier, lead_in
from enrichment.providers.errors import BadPayload
from enrichment.providers.exchange import exchange
from enrichment.providers.http import Answer, Door
from enrichment.providers.reading import rows, section, text

PROVIDER = "c2s"
CONNECT_TIMEOUT, READ_TIMEOUT = 3.0, 10.0
HOOK_ACTIONS = ("on_create_lead", "on_update_lead", "on_close_lead")
PAGE = 50


def lead_get(lead_id: str) -> LeadCard | None:
    """The lead, or None when the CRM does not know it."""
    with exchange(PROVIDER, "lead_get") as noted:
        answer = door().call("GET", _lead(lead_id), normal=frozenset({404}), repeatable=True)
        noted.status, noted.nobody = answer.status, answer.status == 404
        if noted.nobody:
            return None
        card = lead_in(answer.json())
        if card is None:
            raise BadPayload(PROVIDER, "the lead has no id", status=answer.status)
        return card


def leads_updated_since(since: datetime, *, pages: int = 1000) -> Iterator[LeadCard]:
    """Leads changed since then, newest change first, page by page."""
    for page in range(1, pages + 1):
        found = _page(page, since)
        yield from found
        if len(found) < PAGE:
            return


def _page(page: int, since: datetime) -> list[LeadCard]:
    params = {
        "page": str(page),
        "perpage": str(PAGE),
        "sort": "-updated_at",
        "updated_gte": since.isoformat(timespec="seconds"),
    }
    with exchange(PROVIDER, "lead_list") as noted:
        answer = door().call("GET", "/integration/leads", params=params, repeatable=True)
        noted.status = answer.status
        body = section(answer.json())
        if not isinstance(body.get("data"), list):
            raise BadPayload(PROVIDER, "the page has no leads", status=answer.status)
        return [card for row in rows(body["data"]) if (card := lead_in({"data": row}))]


def lead_create(attributes: dict[str, Any]) -> str:
    """Create a lead; its new id. Not repeated: a second call would make a second lead."""
    with exchange(PROVIDER, "lead_create") as noted:
        answer = _post("/integration/leads", {"data": {"type": "lead", "attributes": attributes}})
        noted.status = answer.status
        if not (lead_id := created_id(answer.json())):
            raise BadPayload(PROVIDER, "the new lead has no id", status=answer.status)
        return lead_id


def message_create(lead_id: str, body: str) -> None:
    """Say something in the lead's conversation. Not idempotent: the caller notes the intent first."""
    with exchange(PROVIDER, "message_create") as noted:
        noted.status = _post(f"{_lead(lead_id)}/create_message", {"leadId": lead_id, "body": body}).status


def sellers() -> list[Seller]:
    with exchange(PROVIDER, "sellers") as noted:
        answer = door().call("GET", "/integration/sellers", repeatable=True)
        noted.status = answer.status
        body = answer.json()
        listed = body if isinstance(body, list) else section(body).get("data")
        return [_seller(row) for row in rows(listed)]


def company() -> str:
    """The account's company name: a cheap call that proves the token."""
    with exchange(PROVIDER, "company") as noted:
        answer = door().call("GET", "/integration/company", repeatable=True)
        noted.status = answer.status
        body = section(answer.json())
        data = section(body.get("data")) or body
        return text(data.get("name") or section(data.get("attributes")).get("name"))


def subscribe(hook_url: str, hook_action: str) -> None:
    """One endpoint per token and action: subscribing replaces the former one."""
    with exchange(PROVIDER, "subscribe") as noted:
        body = {"hook_url": hook_url, "hook_action": hook_action}
        noted.status = _post("/integration/leads/subscribe", body).status


def unsubscribe(hook_action: str) -> None:
    with exchange(PROVIDER, "unsubscribe") as noted:
        noted.status = _post("/integration/leads/unsubscribe", {"hook_action": hook_action}).status


def _seller(row: dict[str, Any]) -> Seller:
    attributes = section(row.get("attributes")) or row
    return Seller(identifier(row.get("id")), text(attributes.get("name")), text(attributes.get("email"), 320))


def _lead(lead_id: str) -> str:
    return f"/integration/leads/{quote(lead_id, safe='')}"


def _post(path: str, body: dict[str, Any]) -> Answer:
    return door().call("POST", path, body=body)


@lru_cache
def door() -> Door:
    return Door(
        provider=PROVIDER,
        base_url=settings.C2S_BASE_URL,
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        headers={"Authorization": f"Bearer {settings.C2S_TOKEN}"},
    )
