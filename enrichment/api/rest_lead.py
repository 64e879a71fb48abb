"""A lead of elsewhere, as `POST /leads` is given it."""

from typing import Any

from enrichment.api.asked import refuse
from enrichment.identity import identify
from enrichment.intake import Arrival
from enrichment.providers.c2s.schemas import LeadCard

_TEXT: dict[str, Any] = {"type": ["string", "null"], "maxLength": 255}
_PHONE = {"type": "object", "properties": {"phone": {"type": ["string", "null"], "format": "phone"}}}
REST_LEAD: dict[str, Any] = {
    "type": "object",
    "required": ["lead_id"],
    "properties": {
        "lead_id": {"type": ["string", "integer"], "minLength": 1, "maxLength": 191, "description": "Yours to choose."},
        "personal_info": {
            "type": ["object", "null"],
            "properties": {"name": _TEXT, "email": _TEXT, "cpf": {"type": ["string", "null"], "format": "cpf"}},
        },
        "contact_info": {
            "type": ["object", "null"],
            "properties": {"phones": {"type": ["array", "null"], "items": _PHONE, "maxItems": 20}},
        },
    },
}
MOST_PHONES = 20
LONGEST = 255


def arrival_in(body: dict[str, Any], *, lead_id: str) -> Arrival:
    """Each refusal names the field; a contact that leads nowhere is no error while another one does."""
    personal, contact = _object(body, "personal_info"), _object(body, "contact_info")
    name, email, cpf = (_text(personal, field, f"personal_info.{field}") for field in ("name", "email", "cpf"))
    phones = _phones(contact)
    identity = identify(name=name, phones=phones, email=email, document=cpf)
    if cpf and identity.cpf is None:
        refuse("personal_info.cpf", "expected a CPF (eleven digits)")
    if identity.is_empty:
        refuse("personal_info", "expected a CPF, an e-mail or a phone that may be somebody's own", 422, "no_contact")
    # the first usable phone first: no more than two are kept
    usable = sorted(phones, key=lambda phone: identify(phones=[phone]).phone is None)
    phone, phone2 = [*usable, "", ""][:2]
    card = LeadCard(lead_id=lead_id, name=name, email=email, phone=phone, phone2=phone2)
    return Arrival(card, document=cpf)


def _phones(contact: dict[str, Any]) -> list[str]:
    given = contact.get("phones")
    if given is not None and not isinstance(given, list):
        refuse("contact_info.phones", "expected a list of {phone}")
    rows = (given or [])[:MOST_PHONES]
    if any(not isinstance(row, dict) for row in rows):
        refuse("contact_info.phones", "expected a list of {phone}")
    texts = [_text(row, "phone", f"contact_info.phones[{place}].phone", 100) for place, row in enumerate(rows)]
    return [text for text in texts if text]


def _object(body: dict[str, Any], field: str) -> dict[str, Any]:
    value = body.get(field)
    if value is not None and not isinstance(value, dict):
        refuse(field, "expected an object")
    return value or {}


def _text(given: dict[str, Any], field: str, named: str, longest: int = LONGEST) -> str:
    value = given.get(field)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        refuse(named, f"expected text of at most {longest} characters")
    return " ".join(value.split())
