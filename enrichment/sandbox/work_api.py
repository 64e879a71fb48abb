from collections.abc import Callable
from re import Match
from typing import Any

from enrichment.sandbox.digits import is_cpf
from enrichment.sandbox.exchange import Answer, Request, json_answer
from enrichment.sandbox.people import People
from enrichment.sandbox.person import Person
from enrichment.sandbox.work_profile import company_of, profile_of
from enrichment.sandbox.world import Call, Route, World

NAME = "work_api"


def search(world: World, request: Request, call: Call) -> Answer:
    """Every refusal of this provider hides in a body under HTTP 200."""
    token = request.query.get("token", "")
    if not world.admits(NAME, token):
        return refusal(403, "TOKEN INVALIDO")
    if call.operation not in MODULES:
        return refusal(403, "MODULO NAO CONTRATADO")
    if not call.identifier:
        return refusal(404, "CONSULTA VAZIA")
    found = MODULES[call.operation](world.people, call.identifier)
    return json_answer(found) if found else refusal(404, "NENHUM REGISTRO ENCONTRADO")


def refusal(status: int, reason: str) -> Answer:
    return json_answer({"status": status, "reason": reason})


def by_cpf(people: People, cpf: str) -> Any:
    person = people.by_cpf(cpf)
    return None if person is None or NAME in person.unknown_to else profile_of(person)


def by_phone(people: People, phone: str) -> Any:
    return listed(people.by_phone(phone), "cpf_cnpj")


def by_email(people: People, email: str) -> Any:
    return listed(people.by_email(email), "cpf_cnpj")


def by_name(people: People, name: str) -> Any:
    return listed(people.by_name(name), "cpf")


def by_cep(people: People, cep: str) -> Any:
    return listed(people.by_seed(f"cep:{cep}", count=3), "cpf_cnpj")


def by_mother(people: People, mother: str) -> Any:
    return listed(people.by_seed(f"mother:{mother}"), "cpf")


def by_voter_number(people: People, number: str) -> Any:
    return listed(people.by_seed(f"voter:{number}", count=1), "cpf")


def by_cnpj(people: People, cnpj: str) -> Any:
    if len(cnpj) != 14:
        return None
    company = company_of(cnpj)
    for partner in company["socios"]:
        person = people.by_cpf(partner["cpf_cnpj"])
        partner["nome"] = person.name if person else None
    return company


def listed(people: list[Person], document: str) -> Any:
    rows = [_row(person, document) for person in people if NAME not in person.unknown_to]
    return {"status": 200, "resultado": rows} if rows else None


def _row(person: Person, document: str) -> dict[str, Any]:
    if not is_cpf(person.cpf):
        return {"nome": person.name, document: person.cpf}
    born = f"{person.birth_date:%d/%m/%Y}"
    return {"nome": person.name, document: person.cpf, "dataNascimento": born, "cor": "SEM INFORMAÇÃO"}


MODULES: dict[str, Callable[[People, str], Any]] = {
    "cpf": by_cpf,
    "telefone": by_phone,
    "email": by_email,
    "nome": by_name,
    "cep": by_cep,
    "cnpj": by_cnpj,
    "titulo": by_voter_number,
    "mae": by_mother,
}
OTHER_MODULE = "other_module"


def _call(request: Request, _: Match[str]) -> Call:
    module = request.query.get("modulo", "")
    return Call(NAME, module if module in MODULES else OTHER_MODULE, request.query.get("consulta", "").strip())


ROUTES = (Route("GET", r"/api", _call, search),)
OPERATIONS = (*MODULES, OTHER_MODULE)
