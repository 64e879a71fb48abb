"""The words of the OpenAPI document that stand in the settings."""

from typing import Any

DESCRIPTION = """Finds out who a lead is, files it, and tells the broker in the CRM.

**Keys.** `Authorization: Bearer <key>` or `X-API-Key: <key>`. Each operation names the scope that its key needs;
without the scope `pii` documents and contacts come masked. Made in the admin or by `manage.py api_keys create`.

**Errors** always look the same: a sentence, a machine word, details by field, the request's id. Fields that we do not
know are ignored, and a parameter that is blank counts as not given. Every path answers with and without a slash at
its end.
"""
SECURITY_SCHEMES: dict[str, Any] = {
    "ApiKey": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "ApiKeyHeader": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key."},
    "WebhookToken": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Webhook-Token",
        "description": "The secret that C2S shows; it may stand in the path instead.",
    },
    "GoogleKey": {
        "type": "apiKey",
        "in": "query",
        "name": "google_key",
        "description": "What Google Ads sends as `google_key` in the body; it may stand here instead.",
    },
}
TAGS = [
    {"name": "webhooks", "description": "Doors for events. Each has a secret of its own."},
    {"name": "enrichment", "description": "Have a lead enriched, and see what became of it."},
    {"name": "leads", "description": "Leads, their messages and their runs."},
    {"name": "customers", "description": "Who is this? People and companies."},
    {"name": "contacts", "description": "Are these worth calling?"},
    {"name": "providers", "description": "What a provider tells, reduced to what is needed."},
    {"name": "operations", "description": "Health, figures and caches."},
]
# what stands in a path means the same everywhere
IN_PATHS: dict[str, str] = {
    "cnpj": "Numeric or alphanumeric, with or without punctuation.",
    "lead_id": "The lead's id, as its source gave it.",
    "module": "`all`, or one of the provider's modules.",
    "party_id": "Of a person or a company.",
    "run_id": "Of one enrichment of one lead.",
}
# of the made-up person whom all examples are about
EXAMPLES: dict[str, Any] = {
    "async": "1",
    "city": "Campinas",
    "cnpj": "11222333000181",
    "cpf": "529.982.247-25",
    # blank is as good as not given: what is imported can be sent as it stands
    "cursor": "",
    "documento": "529.982.247-25",
    "email": "marina.prado@example.com",
    "enriched": "true",
    "from_date": "2026-03-01",
    "google_key": "the-configured-key",
    "id": "358f62821dc6cfa7cfbda19e670d6392",
    "lead_id": "358f62821dc6cfa7cfbda19e670d6392",
    "limit": 20,
    "module": "all",
    "name": "Marina Prado",
    "party_id": "019d2b6e-7c1a-7c3e-9b1d-3f5a7c9e1b2d",
    "phone": "(11) 98765-4321",
    "run_id": "019d2b6e-8d2b-7d4f-8c2e-4a6b8d0f2c3e",
    "secret": "the-webhook-secret",
    "seller": "Joana Corretora",
    "source": "c2s",
    "state": "SP",
    "status": "completed",
    "text": "marina prado",
    "tiers": "local",
    "to_date": "2026-03-31",
    "type": "person",
}
