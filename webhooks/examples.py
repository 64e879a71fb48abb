"""Bodies as the senders write them, of made-up people, for the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

C2S_EVENT: dict[str, Any] = {
    "id": "358f62821dc6cfa7cfbda19e670d6392",
    "hook_action": "on_create_lead",
    "attributes": {
        "updated_at": "2025-11-22T10:00:02.000-03:00",
        "customer": {
            "name": "Marina Alves Prado",
            "email": "marina.prado@example.com",
            "phone": "(11) 98765-4321",
        },
        "product": {"description": "Apartamento 3 quartos, Jardins"},
        "lead_status": {"name": "Novo"},
        "messages": [],
    },
}
GOOGLE_FORM: dict[str, Any] = {
    "lead_id": "TeSter-123-ABCDEFGHIJ",
    "api_version": "1.0",
    "form_id": 40000000000,
    "campaign_id": 20000000000,
    "google_key": "the-configured-key",
    "is_test": True,
    "user_column_data": [
        {"column_id": "FULL_NAME", "column_name": "Nome completo", "string_value": "Otávio Nunes Brito"},
        {"column_id": "PHONE_NUMBER", "string_value": "+55 21 99876-5432"},
        {"column_name": "Qual é o seu CPF?", "string_value": "529.982.247-25"},
    ],
}

_C2S_RECEIPT: dict[str, Any] = {
    "status": "received",
    "received": 2,
    "processed": 1,
    "duplicates": 0,
    "rejected": 1,
    "errors": [{"index": 1, "error": "`id` is missing: which lead is this about?"}],
}
_TOO_MANY = {
    "error": "At most 1000 events at once; these are 1001.",
    "code": "too_many_events",
    "request_id": "019d2b6e-7c1a-7c3e-9b1d-3f5a7c9e1b2d",
}
_FORM_RECEIPT: dict[str, Any] = {
    "success": True,
    "message": "Lead received and created in C2S.",
    "lead_id": GOOGLE_FORM["lead_id"],
    "c2s_lead_id": C2S_EVENT["id"],
}
_LATER = {"message": "Lead received; it is created in C2S as soon as that is possible.", "c2s_lead_id": None}
_AGAIN = {"message": "This lead was received before; nothing was done twice.", "duplicate": True}


def _answer(name: str, value: dict[str, Any], status: str) -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True, status_codes=[status])


C2S = [
    OpenApiExample("A new lead", value=C2S_EVENT, request_only=True),
    _answer("One of two was unusable", _C2S_RECEIPT, "200"),
    _answer("Too many", _TOO_MANY, "422"),
]
GOOGLE = [
    OpenApiExample("A filled-in form", value=GOOGLE_FORM, request_only=True),
    _answer("Received before", _FORM_RECEIPT | _AGAIN, "200"),
    _answer("Received", _FORM_RECEIPT, "201"),
    _answer("C2S is slow", _FORM_RECEIPT | _LATER, "202"),
]
# a sender cannot mend what it sends, so no type is insisted on
_ANYTHING: dict[str, Any] = {"description": "Anything else is kept as rejected, with the reason."}
_EVENT: dict[str, Any] = {
    "type": "object",
    "description": 'An event; also accepted as `{"data": {…}}`. One without `id` or `attributes` is kept as rejected.',
    "properties": {
        "id": {"type": "string", "description": "The lead."},
        "hook_action": {"type": "string", "examples": ["on_create_lead", "on_update_lead", "on_close_lead"]},
        "attributes": {"type": "object", "description": "The lead's attributes, as C2S has them."},
    },
}
C2S_BODY: dict[str, Any] = {
    "anyOf": [_EVENT, {"type": "array", "items": {"anyOf": [_EVENT, _ANYTHING]}, "maxItems": 1000}, _ANYTHING]
}
_COLUMN: dict[str, Any] = {
    "type": "object",
    "properties": {
        "column_id": {"type": "string"},
        "column_name": {"type": "string"},
        "string_value": {"type": "string"},
    },
}
_PASSED_OVER = {"description": "Anything else is passed over."}


def _best(kind: str, **more: Any) -> dict[str, Any]:
    return {"anyOf": [{"type": kind, **more}, _PASSED_OVER]}


GOOGLE_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["lead_id"],
    "properties": {
        "lead_id": {"type": ["string", "number"], "description": "The first 1000 characters count."},
        "google_key": _best("string"),
        "is_test": _best("boolean"),
        "gcl_id": _best("string"),
        "form_id": _best("integer"),
        "campaign_id": _best("integer"),
        "adgroup_id": _best("integer"),
        "creative_id": _best("integer"),
        "user_column_data": _best("array", items=_COLUMN),
    },
}
