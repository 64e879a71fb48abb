from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from c2s_enrich.errors import Refusal
from webhooks import secrets
from webhooks.bodies import json_body
from webhooks.c2s import MOST_EVENTS, events_take_in


class C2SWebhook(APIView):
    """C2S tells of a lead: one event, or an array of at most 1000."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="c2s_webhook",
        request=dict[str, Any],
        responses={200: OpenApiResponse(dict[str, Any], description="What became of each event")},
    )
    def post(self, request: Request, secret: str = "") -> Response:
        secrets.require(secret or request.headers.get("X-Webhook-Token", ""), settings.WEBHOOK_SECRETS)
        body = json_body(request._request)
        if isinstance(body, list) and len(body) > MOST_EVENTS:
            raise Refusal(422, f"At most {MOST_EVENTS} events at once.", "too_many_events")
        return Response(events_take_in(body).as_answer())
