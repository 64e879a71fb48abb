"""The doors read whatever JSON comes in, whatever type it claims; what they keep of it PostgreSQL can hold."""

from typing import Any

from c2s_enrich.bodies import DEEPEST, MOST_BYTES, body_bytes, is_deeper, json_body_of_any_type, json_of_any_type

json_body = json_body_of_any_type

__all__ = [
    "DEEPEST",
    "MOST_BYTES",
    "body_bytes",
    "is_too_deep",
    "json_body",
    "json_of_any_type",
    "storable",
    "storable_text",
]


CUT = "[nested too deeply]"


def is_too_deep(value: Any) -> bool:
    return is_deeper(value, DEEPEST)


def storable(value: Any, levels: int = DEEPEST) -> Any:
    """As it came, but for what PostgreSQL cannot hold: NUL, lone surrogates, numbers that are none, endless levels."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return str(value)
    if isinstance(value, list | dict) and not levels:
        return CUT
    if isinstance(value, list):
        return [storable(item, levels - 1) for item in value]
    if isinstance(value, dict):
        return {storable_text(key): storable(item, levels - 1) for key, item in value.items()}
    return value


def storable_text(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
