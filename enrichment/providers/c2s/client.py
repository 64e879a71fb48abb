"""C2S, the CRM: free to call, but to be treated politely."""

import itertools
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.conf import settings

from enrichment.providers.c2s.schemas import LeadCard, Seller, created_id, lead_in, seller_in
from enrichment.providers.errors import BadPayload, Rejected
from enrichment.providers.exchange import exchange
from enrichment.providers.http import Answer, Door
from enrichment.providers.reading import rows, section, text, whole
from enrichment.providers.statuses import refusal_inside

PROVIDER = "c2s"
CONNECT_TIMEOUT, READ_TIMEOUT = 3.0, 10.0
LONGEST = 2 * (CONNECT_TIMEOUT + READ_TIMEOUT)  # a free look-up is tried twice
HOOK_ACTIONS = ("on_create_lead", "on_update_lead", "on_close_lead")
PAGE = 50


def lead_get(lead_id: str) -> LeadCard | None:
    """The lead, or None when the CRM does not know it."""
    with exchange(PROVIDER, "lead_get", timeout=LONGEST) as noted:
        answer = door().call("GET", _lead(lead_id), normal=frozenset({404}), repeatable=True)
        noted.status, noted.nobody = answer.status, answer.status == 404
        if noted.nobody:
            return None
        card = lead_in(_object(answer))
        if card is None:
            raise BadPayload(PROVIDER, "the lead has no id", status=answer.status)
        return card


def leads_updated_since(since: datetime) -> Iterator[list[LeadCard]]:
    """Pages of leads changed since then, newest change first."""
    last: list[LeadCard] = []
    for page in itertools.count(1):
        found, is_last = _page(page, since)
        if found == last:
            return  # the CRM does not turn the page
        yield found
        if is_last:
            return
        last = found


def _page(page: int, since: datetime) -> tuple[list[LeadCard], bool]:
    params = {
        "page": str(page),
        "perpage": str(PAGE),
        "sort": "-updated_at",
        "updated_gte": since.isoformat(timespec="seconds"),
    }
    with exchange(PROVIDER, "lead_list", timeout=LONGEST) as noted:
        answer = door().call("GET", "/integration/leads", params=params, repeatable=True)
        noted.status = answer.status
        body = _object(answer)
        listed = list(rows(body.get("data")))
        if not listed and body.get("data") != []:
            raise BadPayload(PROVIDER, "the page has no leads", status=answer.status)
        cards = [card for row in listed if (card := lead_in({"data": row}))]
        return cards, not listed or _is_last(page, len(listed), section(body.get("meta")))


def _is_last(page: int, length: int, meta: dict[str, Any]) -> bool:
    """By the CRM's own count, for its pages may be smaller than asked for; without one, by a page that is short."""
    total, perpage = whole(meta.get("total")), whole(meta.get("perpage"))
    return length < PAGE if total is None else page * (perpage or PAGE) >= total


def lead_create(attributes: dict[str, Any]) -> str:
    """Create a lead; its new id. Not repeated: a second call would make a second lead."""
    with exchange(PROVIDER, "lead_create", timeout=LONGEST) as noted:
        answer = _post("/integration/leads", {"data": {"type": "lead", "attributes": attributes}})
        noted.status = answer.status
        if not (lead_id := created_id(_object(answer))):
            raise BadPayload(PROVIDER, "the new lead has no id", status=answer.status)
        return lead_id


def message_create(lead_id: str, body: str) -> None:
    """Say something in the lead's conversation. Not idempotent: the caller notes the intent first."""
    with exchange(PROVIDER, "message_create", timeout=LONGEST) as noted:
        noted.status = _accepted(_post(f"{_lead(lead_id)}/create_message", {"leadId": lead_id, "body": body}))


def sellers() -> list[Seller]:
    with exchange(PROVIDER, "sellers", timeout=LONGEST) as noted:
        answer = door().call("GET", "/integration/sellers", repeatable=True)
        noted.status = answer.status
        body = answer.json()
        listed = body if isinstance(body, list) else _object(answer).get("data")
        found = [seller for row in rows(listed) if (seller := seller_in(row)).seller_id]
        if not found and listed != []:
            raise BadPayload(PROVIDER, "the answer has no sellers", status=answer.status)
        return found


def company() -> str:
    """The account's company name: a cheap call that proves the token."""
    with exchange(PROVIDER, "company", timeout=LONGEST) as noted:
        answer = door().call("GET", "/integration/company", repeatable=True)
        noted.status = answer.status
        body = _object(answer)
        data = section(body.get("data")) or body
        return text(data.get("name") or section(data.get("attributes")).get("name"))


def subscribe(hook_url: str, hook_action: str) -> None:
    """One endpoint per token and action: subscribing replaces the former one."""
    with exchange(PROVIDER, "subscribe", timeout=LONGEST) as noted:
        body = {"hook_url": hook_url, "hook_action": hook_action}
        noted.status = _accepted(_post("/integration/leads/subscribe", body))


def unsubscribe(hook_action: str) -> None:
    with exchange(PROVIDER, "unsubscribe", timeout=LONGEST) as noted:
        noted.status = _accepted(_post("/integration/leads/unsubscribe", {"hook_action": hook_action}))


def _lead(lead_id: str) -> str:
    if lead_id in ("", ".", ".."):
        # these would vanish from the path, and another address be called
        raise Rejected(PROVIDER, "this is no lead's id")
    return f"/integration/leads/{quote(lead_id, safe='')}"


def _object(answer: Answer) -> dict[str, Any]:
    body = answer.json()
    if refusal := refusal_inside(PROVIDER, body):
        raise refusal
    if not isinstance(body, dict):
        raise BadPayload(PROVIDER, "the answer is not an object", status=answer.status)
    return body


def _accepted(answer: Answer) -> int:
    """201 settles it; under any other 2xx the body may say that nothing was done."""
    if answer.status != 201 and answer.body.strip():
        _object(answer)
    return answer.status


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
