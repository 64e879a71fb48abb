"""Answers are msgspec structs: the same classes that are encoded describe themselves in the OpenAPI document."""

from typing import Any

import msgspec
from django.http import HttpResponse
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.plumbing import ResolvedComponent

_encode = msgspec.json.Encoder().encode
_REF = "#/components/schemas/{name}"
_KINDS = {str: "string", bool: "boolean", int: "integer", type(None): "null"}


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every refusal looks like."""

    error: str
    code: str
    request_id: str
    details: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


def answered(answer: msgspec.Struct, status: int = 200) -> HttpResponse:
    """Encoded at once: a renderer would first want it as dictionaries."""
    return HttpResponse(_encode(answer), status=status, content_type="application/json")


class StructExtension(OpenApiSerializerExtension):
    """drf-spectacular takes any struct where it wants a serializer; structs inside become components as well."""

    target_class = msgspec.Struct
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        return str(self.target.__name__)

    def get_identity(self, auto_schema: Any, direction: Any) -> Any:
        """What it looks like: two structs of one name are told apart by it, wherever each was met first."""
        return _components(self.target)[self.target.__name__]

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        components = _components(self.target)
        own = components.pop(self.target.__name__)
        for name, schema in components.items():
            part = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, object=schema, schema=dict(schema))
            auto_schema.registry.register_on_missing(part)
        return own


def _components(struct: type[msgspec.Struct]) -> dict[str, dict[str, Any]]:
    _, components = msgspec.json.schema_components([struct], ref_template=_REF)
    return {name: _typed(schema) for name, schema in components.items()}


def _typed(schema: Any) -> Any:
    """An enumeration names its type as well: some readers of the document insist."""
    if isinstance(schema, list):
        return [_typed(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    typed = {key: _typed(inner) for key, inner in schema.items()}
    if isinstance(typed.get("enum"), list) and "type" not in typed:
        found = sorted({_KINDS[type(value)] for value in typed["enum"]})
        typed["type"] = found[0] if len(found) == 1 else found
    return typed
