"""Work API: CPF → profile, and its other modules. Paid, slow, and with failures inside HTTP 200."""

from functools import lru_cache
from typing import Any

from django.conf import settings

from enrichment.providers.errors import BadPayload
from enrichment.providers.exchange import exchange
from enrichment.providers.http import Door, error_for_status
from enrichment.providers.reading import whole
from enrichment.providers.work_api.schemas import Profile, minimised
from parties.identifiers import CPF

PROVIDER = "work_api"
CONNECT_TIMEOUT, READ_TIMEOUT = 3.0, 35.0
MODULES = ("cpf", "telefone", "email", "nome", "cep", "cnpj", "titulo", "mae")

# What a `status` inside an answer means; 200 and none at all are answers.
NOBODY_KNOWN = frozenset({404})


def profile_by_cpf(cpf: CPF) -> Profile | None:
    """The minimised profile, or None when the provider knows nobody."""
    profile = module_answer("cpf", cpf.value)
    told = CPF.pad(profile.DadosBasicos.cpf) if profile else cpf
    if isinstance(told, CPF) and told != cpf:
        raise BadPayload(PROVIDER, "the answer is about somebody else", status=200)
    return profile


def module_answer(module: str, value: str) -> Profile | None:
    with exchange(PROVIDER, module, price=settings.PRICE_WORK_API) as noted:
        params = {"token": settings.WORK_API, "modulo": module, "consulta": value}
        answer = door().call("GET", "/api", params=params, normal=NOBODY_KNOWN)
        noted.status = answer.status
        body = None if answer.status in NOBODY_KNOWN else _expected(answer.json())
        profile = None if body is None else minimised(Profile, body)
        if profile is not None and module == "cpf" and not profile.DadosBasicos.nome:
            profile = None
        noted.nobody = profile is None
        return profile


def _expected(body: Any) -> dict[str, Any] | None:
    """The answer's object; None when it says that nobody is known; its own failures become errors."""
    if isinstance(body, list):
        return {"lista": body}
    if not isinstance(body, dict):
        raise BadPayload(PROVIDER, "the answer is not an object", status=200)
    status = whole(body.get("status"))
    if status is None or status == 200:
        return body
    if status in NOBODY_KNOWN:
        return None
    raise error_for_status(PROVIDER, status if 100 <= status < 600 else 400)


@lru_cache
def door() -> Door:
    return Door(
        provider=PROVIDER,
        base_url=settings.WORK_API_BASE_URL,
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
    )
