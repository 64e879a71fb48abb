"""What the OpenAPI document says beyond what each view says of itself."""

from copy import deepcopy
from types import SimpleNamespace
from typing import Any

from drf_spectacular.openapi import AutoSchema

from c2s_enrich.errors import SENTENCES
from c2s_enrich.openapi_words import EXAMPLES, IN_PATHS
from c2s_enrich.version import VERSION

Document = dict[str, Any]

_HEADERS: Document = {
    "RequestID": {"description": "Given by the caller, or made here.", "schema": {"type": "string"}},
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "RunAddress": {
        "description": "Where to ask what became of it.", "schema": {"type": "string", "format": "uri-reference"}
    },
}  # fmt: skip
_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}
_C2S = "/api/v1/webhooks/c2s"


class Schema(AutoSchema):
    """Each operation names the scope that its key needs."""

    def get_description(self) -> str:  # type: ignore[override]
        said: str = super().get_description()
        scope = self._scope()
        return f"{said}\n\nScope: `{scope}`." if scope else said

    def _scope(self) -> str | None:
        """Of a view that asks for one by its method too: nothing is requested while the document is written."""
        view: Any = self.view
        request, view.request = view.request, SimpleNamespace(method=self.method)
        try:
            scope = getattr(view, "scope", None)
        finally:
            view.request = request
        return None if scope is None else str(scope)


def completed(result: Document, generator: Any, request: Any, public: bool) -> Document:
    """drf-spectacular's hook after all views were asked."""
    paths = {path.rstrip("/"): item for path, item in result["paths"].items()} | _probes()
    paths[f"{_C2S}/{{secret}}"] = _secret_in_path(paths[_C2S])
    for item in paths.values():
        for operation in item.values():
            operation["responses"] = {s: _completed(s, r) for s, r in sorted(operation["responses"].items())}
            for parameter in operation.get("parameters", []):
                _explain(parameter)
    result["paths"] = dict(sorted(paths.items()))
    result["components"]["headers"] = _HEADERS
    result["components"]["responses"] = {f"Error{status}": _refusal(status) for status in _told(paths)}
    return result


def _explain(parameter: Document) -> None:
    name = parameter["name"]
    parameter.setdefault("description", IN_PATHS.get(name, ""))
    if name in EXAMPLES:
        parameter["example"] = EXAMPLES[name]


def _completed(status: str, response: Document) -> Document:
    """A refusal that says no more than all of its status is said once, among the components."""
    if response.get("content") == _ERROR and response["description"] == SENTENCES[int(status)][1]:
        return {"$ref": f"#/components/responses/Error{status}"}
    accepted = {"Location": _header("RunAddress")} if _leads_to_a_run(status, response) else {}
    return response | {"headers": _headers() | accepted}


def _leads_to_a_run(status: str, response: Document) -> bool:
    return status == "202" and "Location" in response["description"]


def _refusal(status: int) -> Document:
    code, sentence = SENTENCES[status]
    told = {"error": sentence, "code": code, "request_id": "019d2b6e-7c1a-7c3e-9b1d-3f5a7c9e1b2d"}
    media = _ERROR["application/json"] | {"examples": {"Refused": {"value": told}}}
    headers = _headers() | ({"Retry-After": _header("RetryAfter")} if status in (429, 503) else {})
    return {"description": sentence, "headers": headers, "content": {"application/json": media}}


def _headers() -> Document:
    return {"X-Request-ID": _header("RequestID")}


def _header(name: str) -> Document:
    return {"$ref": f"#/components/headers/{name}"}


def _told(paths: Document) -> list[int]:
    """The statuses that some operation refuses with in the common words."""
    operations = (operation for item in paths.values() for operation in item.values())
    told = {s for operation in operations for s, response in operation["responses"].items() if "$ref" in response}
    return sorted(map(int, told))


def _secret_in_path(item: Document) -> Document:
    """C2S can send no header of ours."""
    twin = deepcopy(item)
    secret = {"name": "secret", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    operation = twin["post"]
    operation["operationId"] += "_with_secret_in_path"
    operation["security"] = [{}]
    operation["parameters"] = [*operation.get("parameters", []), secret | {"description": "One of `WEBHOOK_SECRET`."}]
    return twin


def _probes() -> Document:
    """Plain functions, for they are asked every few seconds by machines."""
    healthy = {"status": "healthy", "service": "c2s-enrich", "version": VERSION}
    checks = {"database": "ok", "queue": "ok", "cache": "ok"}
    ready = {"status": "ready", "checks": checks, "version": VERSION}
    degraded = ready | {"status": "degraded", "checks": checks | {"cache": "degraded"}}
    down = ready | {"status": "down", "checks": {"database": "down", "queue": "down", "cache": "ok"}}
    return {
        "/health": _probe("health", "The process lives; nothing else is touched.", {200: ("It lives", [healthy])}),
        "/ready": _probe(
            "ready",
            "Database, job queue and cache. A lost cache is `degraded`, and still 200; a full database is `full`.",
            {200: ("It can work", [ready, degraded]), 503: ("It cannot", [down])},
        ),
    }


def _probe(name: str, says: str, answers: dict[int, tuple[str, list[Document]]]) -> Document:
    responses = {
        str(status): {
            "description": description,
            "content": {
                "application/json": {
                    "schema": _shape_of(examples[0]),
                    "examples": {example["status"]: {"value": example} for example in examples},
                }
            },
        }
        for status, (description, examples) in answers.items()
    }
    return {
        "get": {
            "operationId": name, "description": says, "tags": ["operations"], "security": [{}], "responses": responses
        }
    }  # fmt: skip


def _shape_of(example: Any) -> Document:
    if not isinstance(example, dict):
        return {"type": "string"}
    return {
        "type": "object",
        "required": list(example),
        "properties": {name: _shape_of(value) for name, value in example.items()},
    }
