"""The sample lead of the first start: in by the webhook's door, out in the sandbox's inbox."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from c2s_enrich.embedded.loopback import ask

SAMPLE_ID = "358f62821dc6cfa7cfbda19e670d6392"
WEBHOOK = "/api/v1/webhooks/c2s"
ARRIVES_WITHIN = 60.0
SAMPLE: dict[str, Any] = {
    "id": SAMPLE_ID,
    "hook_action": "on_create_lead",
    "attributes": {
        "updated_at": "2025-11-22T10:00:02.000-03:00",
        "customer": {
            "name": "Marina Alves Prado",
            "email": "marina.prado@example.com",
            "phone": "(11) 98765-4321",
        },
        "product": {"description": "Apartamento 3 quartos, Jardins", "prop_ref": "APT-0012"},
        "lead_status": {"alias": "novo", "name": "Novo"},
        "log": [],
        "messages": [],
    },
}


def was_sent(data_dir: Path) -> bool:
    return _mark(data_dir).exists()


def send(
    data_dir: Path,
    *,
    port: int,
    sandbox: int,
    headers: Mapping[str, str],
    wait_for: Callable[[Callable[[], bool], float], bool],
) -> bool:
    """Whether the message arrived; if it did not, the next start tries again."""
    status, _answer = ask(port, WEBHOOK, method="POST", body=SAMPLE, headers=headers)
    if status not in (200, 201, 202):
        return False
    arrived = wait_for(lambda: _messages(sandbox) > 0, ARRIVES_WITHIN)
    if arrived:
        _mark(data_dir).touch()
    return arrived


def _messages(sandbox: int) -> int:
    _status, answer = ask(sandbox, f"/_messages?lead_id={SAMPLE_ID}")
    return len(answer["messages"]) if isinstance(answer, dict) else 0


def another_event(sandbox: int) -> dict[str, Any] | None:
    """An event like C2S sends it, for one of the sandbox's other demo leads."""
    _status, answer = ask(
        sandbox,
        "/c2s/integration/leads?sort=created_at&perpage=2",
        headers={"Authorization": "Bearer sandbox"},
    )
    leads = answer.get("data") if isinstance(answer, dict) else None
    lead = next((lead for lead in leads or [] if lead["id"] != SAMPLE_ID), None)
    return {"id": lead["id"], "hook_action": "on_create_lead", "attributes": _short(lead)} if lead else None


def _short(lead: Mapping[str, Any]) -> dict[str, Any]:
    customer = lead["attributes"].get("customer") or {}
    return {"customer": {key: customer[key] for key in ("name", "phone", "email") if customer.get(key)}}


def _mark(data_dir: Path) -> Path:
    return data_dir / "sample-lead.sent"
