import json
from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from c2s_enrich.back_office import Page, badge, dialog_done, may_view, moment, panel
from enrichment.models import Lead
from parties.disclosure import sees_clear, shown_json, shown_text
from webhooks.kept import event_replay
from webhooks.models import Door, EventState, WebhookEvent
from webhooks.wording import said_why

EVENTS_SHOWN = 20
REPLAYED_AT_ONCE = 100
STATE_COLOURS = {EventState.PROCESSED.value: "success", EventState.REJECTED.value: "danger"}


@admin.register(WebhookEvent)
class WebhookEventAdmin(Page):
    list_display = ("received", "door", "hook_action", "external_id", "state_label", "why")
    list_filter = ("door", "state", "received_at")
    ordering = ("-received_at", "-id")
    discloses = ("payload",)
    search_fields = ("external_id",)
    search_help_text = _("Lead id")
    actions = ("replay",)
    actions_detail = ("replay_this",)

    received = moment("received_at", _("received"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        rows = super().get_queryset(request)
        return rows.defer("payload", "text") if self.is_list(request) else rows.select_related("lead")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WebhookEvent], search_term: str
    ) -> tuple[QuerySet[WebhookEvent], bool]:
        wanted = search_term.strip()
        # naming every door lets the unique index answer, which begins with it
        return (queryset.filter(door__in=Door.values, external_id=wanted) if wanted else queryset), False

    def page(self, request: HttpRequest, obj: WebhookEvent) -> dict[str, Any]:
        clear = sees_clear(request.user)
        return {
            "in_clear": clear,
            "name": f"{obj.get_door_display()} {obj.external_id}",
            "why": said_why(obj.error),
            "colour": STATE_COLOURS[obj.state],
            "payload": _came_in(obj, clear=clear),
            "may_view_lead": may_view(request, Lead),
        }

    def has_replay_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("webhooks.change_webhookevent")

    @admin.action(description=_("Take in again"), permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> None:
        """The leads' runs go to the queue; taking in is what the door does, so a page of events is no long work."""
        events = list(queryset.order_by("id")[: REPLAYED_AT_ONCE + 1])
        if len(events) > REPLAYED_AT_ONCE:
            told = gettext("At most %(most)d events at once: narrow the list by a filter.")
            self.message_user(request, told % {"most": REPLAYED_AT_ONCE}, messages.ERROR)
            return
        refused = Counter(filter(None, [self._replayed(request, event) for event in events]))
        if taken := len(events) - refused.total():
            told = ngettext("%(count)d event was taken in again.", "%(count)d events were taken in again.", taken)
            self.message_user(request, told % {"count": taken}, messages.SUCCESS)
        for why, count in refused.items():
            told = ngettext(
                "%(count)d event is still refused: %(why)s", "%(count)d events are still refused: %(why)s", count
            )
            self.message_user(request, told % {"count": count, "why": said_why(why)}, messages.WARNING)

    @action(
        description=_("Take in again"),
        permissions=["replay"],
        icon="replay",
        dialog={
            "title": _("Take in again?"),
            "description": _("As if it came in just now: the lead is brought up to date, and what is new is run."),
            "form_submit_text": _("Take in again"),
        },
    )
    def replay_this(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        self.replay(request, WebhookEvent.objects.filter(pk=object_id))
        return dialog_done(request, reverse("admin:webhooks_webhookevent_change", args=[object_id]))

    def _replayed(self, request: HttpRequest, event: WebhookEvent) -> str:
        self.log_change(request, event, "replayed")
        return event_replay(event)

    @display(description=_("error"), empty_value="–")
    def why(self, event: WebhookEvent) -> str | None:
        return said_why(event.error) or None

    @display(description=_("state"))
    def state_label(self, event: WebhookEvent) -> str:
        return badge(event.get_state_display(), STATE_COLOURS[event.state])


def _came_in(event: WebhookEvent, *, clear: bool) -> str:
    """A body that was no JSON was kept as text."""
    if event.text:
        return shown_text(event.text, clear=clear)
    return json.dumps(shown_json(event.payload, clear=clear), indent=2, ensure_ascii=False)


@panel(on=Lead)
def events_of_lead(request: HttpRequest, lead: Lead) -> tuple[str, dict[str, Any]]:
    """A lead's page lists the events that it came from."""
    events: Any = []
    if may_view(request, WebhookEvent):
        events = WebhookEvent.objects.filter(lead=lead).defer("payload", "text").order_by("-id")[:EVENTS_SHOWN]
    return "admin/parts/events_of_lead.html", {"events": events, "colours": STATE_COLOURS}
