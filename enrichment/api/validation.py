from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from c2s_enrich.api_keys import caller_of
from c2s_enrich.bodies import json_body
from c2s_enrich.errors import Refusal
from c2s_enrich.models import Scope
from c2s_enrich.struct_schemas import answered
from enrichment.api import examples
from enrichment.api.described import described
from enrichment.validation import FIELDS, ValidationAnswer, contacts_check

MOST = 1000
_ANYTHING = {"description": "A text. Whatever else it is, is told to be invalid."}
_BODY = {
    "application/json": {
        "type": "array",
        "maxItems": MOST,
        "items": {
            "type": "object",
            "properties": dict.fromkeys(FIELDS, _ANYTHING),
            "anyOf": [{"required": [field]} for field in FIELDS],
        },
    }
}


class ValidateView(APIView):
    """Checks contacts without asking anybody outside; `known` says whether they are on file."""

    scope = Scope.LOOKUP

    @described(
        "contacts_validate", ValidationAnswer, tag="contacts", refuses=(400, 413, 415, 422), request=_BODY,
        asks=[{"phone": "(11) 98765-4321", "email": "marina.prado@example.com"}], example=examples.VALIDATION,
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        contacts = _contacts(json_body(request))
        return answered(contacts_check(contacts, clear=caller_of(request).may(Scope.PII)))


def _contacts(body: Any) -> list[dict[str, Any]]:
    if not isinstance(body, list):
        raise Refusal(400, "The body must be an array of contacts.", "invalid", details={"body": "expected an array"})
    if len(body) > MOST:
        raise Refusal(422, f"At most {MOST} contacts at once.", "too_many_contacts")
    expected = f"expected an object with any of {', '.join(FIELDS)}"
    wrong = {str(i): expected for i, item in enumerate(body) if not isinstance(item, dict) or not {*FIELDS} & {*item}}
    if wrong:
        raise Refusal(400, "Some contacts cannot be read.", "invalid", details=wrong)
    return body
