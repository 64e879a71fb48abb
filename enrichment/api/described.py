"""How our views describe themselves: the same refusals everywhere, said once."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from c2s_enrich.errors import SENTENCES
from c2s_enrich.struct_schemas import ErrorAnswer

V = TypeVar("V", bound=Callable[..., Any])

# what may befall any call with a key
_ALWAYS = (401, 403, 429, 503)
UNDER_WAY = "Not finished yet; `Location` is the run's address"


def described(
    operation_id: str,
    answer: Any,
    *,
    says: str = "",
    refuses: Iterable[int] = (),
    parameters: Iterable[OpenApiParameter] = (),
    request: Any = None,
    example: Any = None,
    asks: Any = None,
    accepts: tuple[Any, Any] | None = None,
    tag: str,
) -> Callable[[V], V]:
    """`example` of the answer, `asks` one of the request's body; `accepts` is the answer while the work goes on."""
    examples = [OpenApiExample("Answer", value=example, response_only=True, status_codes=["200"])] if example else []
    if asks is not None:
        examples.append(OpenApiExample("Question", value=asks, request_only=True))
    responses = {200: OpenApiResponse(answer, description=says or "The answer")}
    if accepts is not None:
        examples.append(OpenApiExample("Queued", value=accepts[1], response_only=True, status_codes=["202"]))
        responses[202] = OpenApiResponse(accepts[0], description=UNDER_WAY)
    return extend_schema(
        operation_id=operation_id,
        tags=[tag],
        request=request,
        parameters=list(parameters),
        examples=examples,
        responses=responses | refusals(refuses),
    )


def refusals(statuses: Iterable[int]) -> dict[int, OpenApiResponse]:
    return {
        status: OpenApiResponse(ErrorAnswer, description=SENTENCES[status][1])
        for status in sorted({*statuses, *_ALWAYS})
    }


def query(name: str, says: str, *, type: Any = str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, type, OpenApiParameter.QUERY, description=says, **more)


def choice(name: str, says: str, allowed: Iterable[str]) -> OpenApiParameter:
    """One of these words; blank is as good as not given."""
    return query(name, says, enum=[*allowed, ""])


def text_of(format: str, **more: Any) -> dict[str, Any]:
    """A text of one of our formats: `cpf`, `cnpj`, `phone`."""
    return {"type": "string", "format": format, **more}


LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": 100, "default": 50},
    OpenApiParameter.QUERY,
    description="How many at once.",
)
CURSOR = query("cursor", "Where to go on: taken from `next`, never made up.")
FROM_DATE = query("from_date", "Not before this day (`2026-03-01`) or moment.", type=OpenApiTypes.STR)
TO_DATE = query("to_date", "Not after this day or moment.", type=OpenApiTypes.STR)
