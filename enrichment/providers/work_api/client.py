"""Work API: CPF → profile, and its other modules. Paid, slow, and with failures inside HTTP 200."""

from functools import lru_cache
from typing import Any

from django.conf import settings

from enrichment.providers.errors import BadPayload
from enrichment.providers.exchange import exchange
from enrichment.providers.http import Door
from enrichment.providers.reading import rows, text
from enrichment.providers.statuses import refusal_inside, status_inside
from enrichment.providers.work_api.schemas import SECTIONS, Profile, minimised
from parties.identifiers import CPF

PROVIDER = "work_api"
CONNECT_TIMEOUT, READ_TIMEOUT = 3.0, 35.0
LONGEST = CONNECT_TIMEOUT + READ_TIMEOUT
MODULES = ("cpf", "telefone", "email", "nome", "cep", "cnpj", "titulo", "mae")
# under which key the other modules keep their list of people
LISTS = ("lista", "resultado", "resultados")

# What a status means, HTTP's or the one inside an answer; 200 and none at all are answers.
NOBODY_KNOWN = frozenset({404})


def profile_by_cpf(cpf: CPF) -> Profile | None:
    """The minimised profile, or None when the provider knows nobody."""
    return _ask("cpf", cpf.value, about=cpf)


def module_answer(module: str, value: str) -> Profile | None:
    """What a module tells of a value, or None when it knows nobody."""
    if module not in MODULES:
        raise ValueError("there is no such module")
    return _ask(module, value)


def _ask(module: str, value: str, *, about: CPF | None = None) -> Profile | None:
    with exchange(PROVIDER, module, timeout=LONGEST, price=settings.PRICE_WORK_API) as noted:
        params = {"token": settings.WORK_API, "modulo": module, "consulta": value}
        answer = door().call("GET", "/api", params=params, normal=NOBODY_KNOWN)
        noted.status = answer.status
        body = None if answer.status in NOBODY_KNOWN else _expected(module, answer.json())
        profile = None if body is None else _known(module, minimised(Profile, body))
        if profile is not None and about is not None:
            _check_whose(profile, about)
        noted.nobody = profile is None
        return profile


def _expected(module: str, body: Any) -> dict[str, Any] | None:
    """The answer's object; None when it says that nobody is known; its own failures become errors."""
    given = {"lista": body} if isinstance(body, list) else body
    if not isinstance(given, dict):
        raise BadPayload(PROVIDER, "the answer is not an object", status=200)
    if status_inside(given) in NOBODY_KNOWN:
        return None
    if refusal := refusal_inside(PROVIDER, given):
        raise refusal
    names = SECTIONS if module == "cpf" else (*SECTIONS, *LISTS)
    if given.keys().isdisjoint(names):
        raise BadPayload(PROVIDER, "the answer has none of the sections", status=200)
    return given | {"lista": _people(module, given)}


def _people(module: str, given: dict[str, Any]) -> Any:
    """Only the other modules list people that were asked for; beside a profile they would be somebody else."""
    listed = None if module == "cpf" else next((given[key] for key in LISTS if key in given), None)
    if isinstance(listed, list) and listed and not any(rows(listed)):
        raise BadPayload(PROVIDER, "the answer lists no people", status=200)
    return listed


def _known(module: str, profile: Profile) -> Profile | None:
    is_somebody = profile.DadosBasicos.nome if module == "cpf" else profile != Profile()
    return profile if is_somebody else None


def _check_whose(profile: Profile, cpf: CPF) -> None:
    told = CPF.pad(text(profile.DadosBasicos.cpf))
    if isinstance(told, CPF) and told != cpf:
        raise BadPayload(PROVIDER, "the answer is about somebody else", status=200)


@lru_cache
def door() -> Door:
    return Door(
        provider=PROVIDER,
        base_url=settings.WORK_API_BASE_URL,
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
    )
