import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from c2s_enrich.back_office import Page, badge, may_view, moment, panel
from enrichment.models import Lead
from parties.disclosure import sees_clear, shown_json
from webhooks.models import Door, EventState, WebhookEvent

EVENTS_SHOWN = 20
STATE_COLOURS = {EventState.PROCESSED.value: "success", EventState.REJECTED.value: "danger"}


@admin.register(WebhookEvent)
class WebhookEventAdmin(Page):
    list_display = ("received", "door", "hook_action", "external_id", "state_label", "error")
    list_filter = ("door", "state", "received_at")
    ordering = ("-received_at", "-id")
    search_fields = ("external_id",)
    search_help_text = _("Lead id")

    received = moment("received_at", _("received"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        rows = super().get_queryset(request)
        return rows.defer("payload") if self.is_list(request) else rows.select_related("lead")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WebhookEvent], search_term: str
    ) -> tuple[QuerySet[WebhookEvent], bool]:
        wanted = search_term.strip()
        # naming every door lets the unique index answer, which begins with it
        return (queryset.filter(door__in=Door.values, external_id=wanted) if wanted else queryset), False

    def page(self, request: HttpRequest, obj: WebhookEvent) -> dict[str, Any]:
        clear = sees_clear(request.user)
        payload = shown_json(obj.payload, clear=clear)
        return {
            "in_clear": clear,
            "colour": STATE_COLOURS[obj.state],
            "payload": json.dumps(payload, indent=2, ensure_ascii=False),
            "may_view_lead": may_view(request, Lead),
        }

    @display(description=_("state"))
    def state_label(self, event: WebhookEvent) -> str:
        return badge(event.get_state_display(), STATE_COLOURS[event.state])


@panel(on=Lead)
def events_of_lead(request: HttpRequest, lead: Lead) -> tuple[str, dict[str, Any]]:
    """A lead's page lists the events that it came from."""
    events: Any = []
    if may_view(request, WebhookEvent):
        events = WebhookEvent.objects.filter(lead=lead).defer("payload").order_by("-id")[:EVENTS_SHOWN]
    return "admin/parts/events_of_lead.html", {"events": events, "colours": STATE_COLOURS}
