from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from re import Match
from typing import Any

from enrichment.sandbox.dice import Dice
from enrichment.sandbox.digits import national
from enrichment.sandbox.exchange import Answer, Request, decoded, json_answer
from enrichment.sandbox.person import Person
from enrichment.sandbox.vocabulary import CARRIERS
from enrichment.sandbox.work_profile import addresses
from enrichment.sandbox.world import Call, Route, World

NAME = "diretrix"
OPERATIONS = ("phone", "email", "cpf")


def by_phone(world: World, request: Request, call: Call) -> Answer:
    if not _admitted(world, request):
        return _unauthorized()
    if national(call.identifier) is None or call.identifier.endswith("000"):
        return json_answer({"mensagem": "Telefone invalido"}, 400)
    return _candidates(world.people.by_phone(call.identifier))


def by_email(world: World, request: Request, call: Call) -> Answer:
    if not _admitted(world, request):
        return _unauthorized()
    if "@" not in call.identifier:
        return json_answer({"mensagem": "E-mail invalido"}, 400)
    if call.identifier.startswith("ninguem.lista"):
        return json_answer([])
    return _candidates(world.people.by_email(call.identifier))


def by_cpf(world: World, request: Request, call: Call) -> Answer:
    if not _admitted(world, request):
        return _unauthorized()
    person = world.people.by_cpf(call.identifier)
    if person is None or NAME in person.unknown_to:
        return _nobody()
    return json_answer(_details(person))


def _candidates(people: list[Person]) -> Answer:
    known = [person for person in people if NAME not in person.unknown_to]
    # Not ranked: the order says nothing about who is the likeliest.
    unranked = sorted(known, key=lambda person: person.name)
    rows = [{"nome": person.name, "cpf": number_like(person.cpf)} for person in unranked]
    return json_answer(rows) if rows else _nobody()


def number_like(document: str) -> str:
    return document.lstrip("0") or document


def _details(person: Person) -> dict[str, Any]:
    dice = Dice(person.cpf)
    return {
        "nome": person.name,
        "cpf": number_like(person.cpf),
        "rg": dice.code("rg", 9),
        "dataNascimento": f"{person.birth_date:%d/%m/%Y}",
        "sexo": person.sex,
        "mae": person.mother,
        "telefones": [_phone(phone, rank) for rank, phone in enumerate(person.phones, 1)],
        "emails": [{"endereco": email, "ranking": rank} for rank, email in enumerate(person.emails, 1)],
        "enderecos": [_address(place, rank) for rank, place in enumerate(addresses(person), 1)],
    }


def _phone(phone: str, rank: int) -> dict[str, Any]:
    return {
        "ddd": phone[:2],
        "numero": phone[2:],
        "operadora": Dice(phone).pick("carrier", CARRIERS),
        "tipo": "CELULAR" if len(phone) == 11 else "FIXO",
        "ranking": rank,
    }


def _address(place: dict[str, Any], rank: int) -> dict[str, Any]:
    return {
        "logadouro": f"{place['tipoLogradouro']} {place['logradouro']}",
        "numero": place["logradouroNumero"],
        "bairro": place["bairro"],
        "cidade": place["cidade"],
        "uf": place["uf"],
        "cep": place["cep"],
        "complemento": place["complemento"],
        "ranking": rank,
    }


def _nobody() -> Answer:
    return json_answer({"mensagem": "Nenhum registro encontrado"}, 404)


def _unauthorized() -> Answer:
    return json_answer({"mensagem": "Nao autorizado"}, 401, {"WWW-Authenticate": 'Basic realm="Diretrix"'})


def _admitted(world: World, request: Request) -> bool:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        pair = b64decode(encoded, validate=True).decode()
    except (NotBase64, UnicodeDecodeError):
        return False
    return scheme.lower() == "basic" and pair.strip(":") != "" and ":" in pair and world.admits(NAME, pair)


def _call(operation: str) -> Callable[[Request, Match[str]], Call]:
    def call(request: Request, match: Match[str]) -> Call:
        return Call(NAME, operation, decoded(match.group(1)))

    return call


ROUTES = (
    Route("GET", r"/Consultas/Pessoa/Telefone/([^/]+)", _call("phone"), by_phone),
    Route("GET", r"/Consultas/Pessoa/Email/([^/]+)", _call("email"), by_email),
    Route("GET", r"/Consultas/Pessoa/([^/]+)", _call("cpf"), by_cpf),
)
