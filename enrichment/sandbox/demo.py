"""People and leads that are there after every start, under the same ids."""

from typing import Any

from enrichment.sandbox.crm import lead_id_of
from enrichment.sandbox.leads import lead_add
from enrichment.sandbox.marina import MARINA_PROFILE
from enrichment.sandbox.world import World

MARINA_LEAD_ID = "358f62821dc6cfa7cfbda19e670d6392"
MARINA_PHONE = "11987654321"
MARINA: dict[str, Any] = {
    "id": MARINA_LEAD_ID,
    "name": "Marina Alves Prado",
    "email": "marina.prado@example.com",
    "phone": "(11) 98765-4321",
}
# What each lead shows is told by its ending; see the rules page of the sandbox.
OTHERS: tuple[dict[str, Any], ...] = (
    {"phone": "(11) 98765-0021"},
    {"phone": "+55 21 99876-5432", "name": "Otávio Nunes Brito", "email": "Otavio.Brito@Example.com"},
    {"phone": "(55) 98765-4327", "description": "Tenho interesse. Falo de Santa Maria."},
    {"phone": "11 8765-4377"},
    {"phone": "(41) 3333-4455", "email": None},
    {"phone": "(11) 98765-1100", "email": "ninguem.conhece@example.com", "name": "Visitante Sem Registro"},
    {"phone": "(11) 98765-1101", "email": None},
    {"phone": "(31) 98765-1103"},
    {"phone": "(11) 98765-1106"},
    {"phone": "(11) 98765-1107"},
    {"phone": "(85) 98765-1108"},
    {"phone": "(11) 98765-1109", "name": "Plantão Imobiliária", "email": "imobiliaria@example.com"},
    {"phone": "(21) 98765-1110"},
    {"phone": "(11) 98765-1111"},
    {"phone": "(11) 98765-1112"},
    {"phone": "(61) 98765-1113"},
    {"phone": "(71) 98765-1116"},
    {"phone": "(81) 98765-1117"},
    {"phone": "(11) 98765-4388", "email": "casal.feliz@example.com", "name": "Nome Que Nao Combina"},
    {"phone": None, "email": "cliente.51987650045@example.com", "name": "Cliente Só Com E-mail"},
    {"phone": "(11) 99999-9999", "email": "teste@teste.com", "name": "Teste"},
    {"phone": "+351 912 345 678", "email": "cliente.19987650066@example.com", "name": "Cliente De Fora"},
)


def demo_fill(world: World) -> None:
    _people(world)
    created = "2025-11-22T09:58:11.000-03:00"
    lead = lead_add(world, **MARINA, created_at=created)
    lead["attributes"]["customer"]["id"] = "c-771"
    lead["attributes"]["updated_at"] = "2025-11-22T10:00:02.000-03:00"
    for number, fields in enumerate(OTHERS, 1):
        created = f"2025-11-22T11:{number:02d}:00.000-03:00"
        lead_add(world, **fields, id=lead_id_of(-number), created_at=created)


def _people(world: World) -> None:
    world.people.add(cpf="11222333000181", name="EMPRESA EXEMPLO LTDA", phones=[MARINA_PHONE], emails=())
    world.people.add(cpf="11144477735", name="JOSE CARLOS PRADO", sex="M", phones=[MARINA_PHONE])
    world.people.add(
        cpf="52998224725",
        name="MARINA ALVES PRADO",
        sex="F",
        birth_date="1984-03-14",
        mother="LUCIA ALVES",
        phones=[MARINA_PHONE, "1133334444"],
        emails=["Marina.Prado@Example.com"],
        sections=MARINA_PROFILE,
        entire=True,
    )
    world.people.add(name="OTAVIO NUNES BRITO", sex="M", phones=["21998765432"], emails=["otavio.brito@example.com"])
