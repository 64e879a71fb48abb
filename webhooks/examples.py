"""Bodies as the senders write them, of made-up people, for the OpenAPI document."""

from typing import Any

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

_EVENT: dict[str, Any] = {
    "type": "object",
    "description": 'An event; also accepted as `{"data": {…}}`. One without `id` or `attributes` is kept as rejected.',
    "properties": {
        "id": {"type": "string", "description": "The lead."},
        "hook_action": {"type": "string", "examples": ["on_create_lead", "on_update_lead", "on_close_lead"]},
        "attributes": {"type": "object", "description": "The lead's attributes, as C2S has them."},
    },
}
C2S_BODY: dict[str, Any] = {"oneOf": [_EVENT, {"type": "array", "items": _EVENT, "maxItems": 1000}]}
_COLUMN: dict[str, Any] = {
    "type": "object",
    "properties": {
        "column_id": {"type": "string"},
        "column_name": {"type": "string"},
        "string_value": {"type": "string"},
    },
}
GOOGLE_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["lead_id"],
    "properties": {
        "lead_id": {"type": "string", "minLength": 1, "maxLength": 1000},
        "google_key": {"type": "string"},
        "is_test": {"type": "boolean"},
        "gcl_id": {"type": "string"},
        "form_id": {"type": "integer"},
        "campaign_id": {"type": "integer"},
        "adgroup_id": {"type": "integer"},
        "creative_id": {"type": "integer"},
        "user_column_data": {"type": "array", "items": _COLUMN},
    },
}
