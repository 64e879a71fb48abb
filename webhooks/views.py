from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from c2s_enrich.errors import SENTENCES, Refusal
from c2s_enrich.patience import database_within
from c2s_enrich.struct_schemas import ErrorAnswer, answered
from enrichment.waiting import crm_id_wait
from webhooks import examples, secrets
from webhooks.answers import C2SReceipt, LeadFormReceipt, c2s_receipt, lead_form_receipt
from webhooks.bodies import body_bytes, json_of_any_type
from webhooks.c2s import events_take_in
from webhooks.google_ads import Taken, form_take_in, key_in
from webhooks.kept import body_keep, json_or_kept
from webhooks.models import Door

# a sender that waits longer might give up and send it again
CRM_ID_WITHIN = 2.0
# a form of Google's has some four thousand bytes; with the key in its address it may be as large as any other body
MOST_OF_A_STRANGER = 64 * 1024
_REFUSED = {
    status: OpenApiResponse(ErrorAnswer, description=SENTENCES[status][1]) for status in (400, 401, 413, 429, 503)
}


class OpenDoor(APIView):
    """No key, but a secret of the sender's own."""

    authentication_classes = ()
    permission_classes = ()


class C2SWebhook(OpenDoor):
    """C2S tells of a lead: one event, or an array of at most 1000. A bad one does not spoil its neighbours."""

    @extend_schema(
        operation_id="c2s_webhook",
        tags=["webhooks"],
        auth=[{"WebhookToken": []}],  # type: ignore[list-item]
        request={"application/json": examples.C2S_BODY},
        examples=examples.C2S,
        responses={200: OpenApiResponse(C2SReceipt, description="What became of each event")}
        | _REFUSED
        | {422: OpenApiResponse(ErrorAnswer, description="More than 1000 events at once")},
    )
    def post(self, request: Request) -> HttpResponse:
        secrets.require(request, request.headers.get("X-Webhook-Token", ""), settings.WEBHOOK_SECRETS)
        raw = body_bytes(request)
        database_within()
        return answered(c2s_receipt(events_take_in(json_or_kept(raw, Door.C2S))))


class GoogleAdsWebhook(OpenDoor):
    """Google Ads sends a lead form."""

    @extend_schema(
        operation_id="google_ads_webhook",
        tags=["webhooks"],
        auth=[{"GoogleKey": []}],  # type: ignore[list-item]
        request={"application/json": examples.GOOGLE_BODY},
        parameters=[OpenApiParameter("google_key", str, description="The key, if it is not in the body.")],
        examples=examples.GOOGLE,
        responses={
            200: OpenApiResponse(LeadFormReceipt, description="Received before; nothing was done twice"),
            201: OpenApiResponse(LeadFormReceipt, description="Received, and created in C2S unless it is a test"),
            202: OpenApiResponse(LeadFormReceipt, description="Received; C2S gets it as soon as that is possible"),
        }
        | _REFUSED,
    )
    def post(self, request: Request) -> HttpResponse:
        taken = form_take_in(_admitted_form(request))
        return answered(*lead_form_receipt(taken, _crm_id(taken)))


def _admitted_form(request: Request) -> Any:
    """The body, once its key or the address's was found to be right: the latter before much is read."""
    aside = request.headers.get("X-Google-Key", "") or request.query_params.get("google_key", "")
    is_known = secrets.fits(aside, settings.GOOGLE_ADS_WEBHOOK_KEYS)
    raw = body_bytes(request) if is_known else body_bytes(request, MOST_OF_A_STRANGER)
    try:
        body, problem = json_of_any_type(raw), None
    except Refusal as refusal:
        body, problem = None, refusal
    if problem is None and not isinstance(body, dict):
        problem = Refusal(400, "The body must be a JSON object.", "invalid", details={"body": "expected an object"})
    if not is_known:
        secrets.require(request, key_in(body) or aside, settings.GOOGLE_ADS_WEBHOOK_KEYS)
    database_within()
    if problem is not None:
        body_keep(raw, Door.GOOGLE_ADS, problem.sentence)
        raise problem
    return body


def _crm_id(taken: Taken) -> str:
    if taken.lead is None or taken.lead.crm_id or taken.lead.is_test or not taken.is_new:
        return taken.lead.crm_id if taken.lead else ""
    return crm_id_wait(taken.lead, seconds=CRM_ID_WITHIN)
