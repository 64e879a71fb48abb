"""Examples for the OpenAPI document, of a made-up person."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from enrichment.api.examples import LEAD_ID, PARTY_ID, RUN_ID

_PROCESSED: dict[str, Any] = {
    "success": True,
    "message": "The lead was enriched: 1 person stored.",
    "lead_id": LEAD_ID,
    "cpfs_processed": ["52998224725"],
    "entities_stored": 1,
    "run_id": RUN_ID,
    "status": "completed",
    "tier": "provider",
}
_NOTHING: dict[str, Any] = {"cpfs_processed": [], "entities_stored": 0, "tier": None}
_QUEUED: dict[str, Any] = {
    "success": True,
    "message": "The lead is queued: the enrichment goes on, and C2S is told when it is done.",
    "lead_id": LEAD_ID,
    "run_id": RUN_ID,
    "status": "queued",
}
DEFERRED = _QUEUED | {
    "message": f"The lead is queued: the enrichment goes on, and /api/v1/runs/{RUN_ID} tells when it is done.",
    "lead_id": "enrich-5f0c1d7c0f6e4a5b9d3e2f1a0b9c8d7e",
}
_ENRICHED: dict[str, Any] = {
    "success": True,
    "lead_id": LEAD_ID,
    "customer_name": "Marina Alves Prado",
    "enriched": True,
    "cpfs_enriched": ["52998224725"],
    "same_person": True,
    "message_sent": True,
    "stored_in_db": True,
    "entity_ids": [PARTY_ID],
    "run_id": RUN_ID,
    "tier": "provider",
}
_UNKNOWN = {
    "success": False,
    "message": "C2S knows no lead with this id: check the id that was sent.",
    "status": "failed",
}


def _answer(name: str, value: dict[str, Any], status: str = "200") -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True, status_codes=[status])


PROCESSED = [
    _answer("Enriched", _PROCESSED),
    _answer("A mistaken id", _PROCESSED | _NOTHING | _UNKNOWN),
    _answer("Not finished in time", _QUEUED | _NOTHING),
]
ENRICHED = [_answer("Enriched", _ENRICHED), _answer("Not finished yet", _QUEUED, "202")]
REST_LEAD = OpenApiExample(
    "A lead of elsewhere",
    value={
        "lead_id": "portal-4711",
        "personal_info": {"name": "Marina Alves Prado", "email": "marina.prado@example.com", "cpf": None},
        "contact_info": {"phones": [{"phone": "(11) 98765-4321"}]},
    },
    request_only=True,
)
