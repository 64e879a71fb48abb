"""Who calls: `Authorization: Bearer <key>` or `X-API-Key: <key>`, and what a key may do."""

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from c2s_enrich import known_keys
from c2s_enrich.errors import Refusal
from c2s_enrich.key_pulse import seconds
from c2s_enrich.models import ApiKey
from c2s_enrich.openapi_words import SECURITY_SCHEMES
from c2s_enrich.throttling import address_of, failure_note


class Caller:
    """What DRF calls a user: the holder of a key."""

    is_authenticated = True
    is_active = True

    def __init__(self, key: ApiKey) -> None:
        self.key = key
        self.scopes: Collection[str] = frozenset(key.scopes)

    def may(self, scope: str) -> bool:
        return scope in self.scopes


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Caller, ApiKey] | None:
        given = given_key(request)
        if not given:
            return None
        # whoever looked for a ready-made answer has asked already
        admission = getattr(request._request, "admission", None) or known_keys.admit(given)
        if admission is None:
            failure_note(address_of(request))
            raise Refusal(401, "This API key is unknown, expired or revoked.", "unknown_key")
        if admission.wait:
            raise Refusal(429, "This key asks more often than it may.", retry_after=seconds(admission.wait))
        return Caller(admission.key), admission.key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasScope(BasePermission):
    """Every view names its scope; one that names none is open to nobody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        caller = request.user
        if not isinstance(caller, Caller):
            raise Refusal(401, "Send an API key: `Authorization: Bearer <key>`.", "no_key")
        scope = getattr(view, "scope", None)
        if scope is None:
            raise Refusal(403, "No key opens this address.", "scope_missing")
        if not caller.may(scope):
            raise Refusal(403, f"This key lacks the scope `{scope}`.", "scope_missing")
        return True


def caller_of(request: Request) -> Caller:
    """The caller that `HasScope` let in."""
    assert isinstance(request.user, Caller)
    return request.user


def given_key(request: Request | HttpRequest) -> str:
    bearer: str = request.META.get("HTTP_AUTHORIZATION", "")
    if bearer.lower().startswith("bearer "):
        return bearer[7:].strip()
    return str(request.META.get("HTTP_X_API_KEY", "")).strip()


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = ApiKeyAuthentication
    name = ["ApiKey", "ApiKeyHeader"]  # noqa: RUF012  as drf-spectacular wants it

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return [SECURITY_SCHEMES[name] for name in self.name]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Either will do."""
        return [{name: []} for name in self.name]
