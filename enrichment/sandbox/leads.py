from typing import Any

from enrichment.sandbox.crm import Lead, stamp
from enrichment.sandbox.digits import national
from enrichment.sandbox.exchange import Refusal
from enrichment.sandbox.world import World

PRODUCT = {
    "id": "p-12",
    "description": "Apartamento 3 quartos, Jardins",
    "prop_ref": "APT-0012",
    "price": "1.350.000,00",
    "price_float": 1350000.0,
    "neighbourhood": "Jardins",
    "city": "São Paulo",
}
SELLERS = (
    {"id": "s-9", "name": "Corretor Exemplo", "email": "corretor@example.com"},
    {"id": "s-10", "name": "Corretora Modelo", "email": "corretora@example.com"},
)
FIELDS = ("id", "name", "phone", "email", "phone2", "description", "created_at", "attributes")
FIRST_WORDS = "Gostaria de visitar o apartamento."


def lead_add(world: World, **fields: Any) -> Lead:
    """A name or e-mail that is not given follows from the phone, so that all agree; None means none."""
    if unknown := fields.keys() - set(FIELDS):
        raise Refusal(400, f"A lead has no {sorted(unknown)}; it has {list(FIELDS)}.")
    lead_id = str(fields.get("id") or world.crm.new_id())
    phone = fields.get("phone")
    attributes = {
        **_standing(fields.get("description") or FIRST_WORDS, fields.get("created_at") or stamp()),
        "customer": {
            "id": f"c-{lead_id[:6]}",
            "name": fields["name"] if "name" in fields else _name_behind(world, phone),
            "email": fields["email"] if "email" in fields else paired_email(phone),
            "phone": phone,
            "phone2": fields.get("phone2"),
            "phone_global": _global_form(phone),
        },
    }
    return world.crm.put(lead_id, {**attributes, **(fields.get("attributes") or {})})


def paired_email(phone: str | None) -> str | None:
    number = national(phone or "")
    return f"cliente.{number}@example.com" if number else None


def _standing(description: str, created_at: str) -> dict[str, Any]:
    return {
        "description": description,
        "created_at": created_at,
        "updated_at": created_at,
        "product": PRODUCT,
        "seller": SELLERS[0],
        "lead_source": {"id": 3, "name": "Portal"},
        "channel": {"id": 1, "name": "Formulário"},
        "lead_status": {"id": 1, "alias": "novo", "name": "Novo"},
        "log": [{"created_at": created_at, "description": "Lead criado"}],
        "messages": [{"created_at": created_at, "sender": "customer", "message": description}],
        "done_details": {"done": False},
        "archive_details": {"archived": False},
    }


def _name_behind(world: World, phone: str | None) -> str:
    people = world.people.by_phone(phone or "")
    # The last one: strays such as companies come first.
    return people[-1].name.title() if people else "Cliente Exemplo"


def _global_form(phone: str | None) -> str | None:
    number = national(phone or "")
    return f"+55{number}" if number else None
