from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST
from unfold.decorators import display

from c2s_enrich.back_office import Page, badge, moment
from enrichment.actions import Skip
from enrichment.admin.deeds import may_do
from enrichment.admin.wording import said_outcome
from enrichment.batches import batch_cancel, batch_progress
from enrichment.models import Batch, BatchItem, BatchState, Deed, ItemState
from parties.disclosure import sees_clear, shown_text

UNDONE = (ItemState.FAILED, ItemState.SKIPPED, ItemState.CANCELLED)
ITEMS_SHOWN = 100
BATCH_COLOURS = {
    BatchState.OPEN.value: "info",
    BatchState.DONE.value: "success",
    BatchState.CANCELLED.value: "warning",
}
ITEM_COLOURS = {
    ItemState.WAITING.value: "default",
    ItemState.STARTED.value: "info",
    ItemState.DONE.value: "success",
    ItemState.SKIPPED.value: "warning",
    ItemState.FAILED.value: "danger",
    ItemState.CANCELLED.value: "default",
}


@admin.register(Batch)
class BatchAdmin(Page):
    list_display = ("created", "deed", "state_label", "total", "by")
    list_filter = ("state", "deed")
    list_select_related = ("by",)
    ordering = ("-id",)
    discloses = ("names",)

    created = moment("created_at", _("created"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        return super().get_queryset(request).select_related("by")

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        own = [
            path("<uuid:pk>/progress/", site(require_GET(self.progress_view)), name="enrichment_batch_progress"),
            path("<uuid:pk>/cancel/", site(require_POST(self.cancel_view)), name="enrichment_batch_cancel"),
        ]
        return own + super().get_urls()

    def page(self, request: HttpRequest, obj: Batch) -> dict[str, Any]:
        clear = sees_clear(request.user)
        undone = obj.items.filter(state__in=UNDONE)
        reasons = undone.values("state", "why").annotate(number=Count("pk")).order_by("-number")
        shown = undone.select_related("lead").order_by("state", "id")[:ITEMS_SHOWN]
        return {
            "in_clear": clear,
            "name": obj.get_deed_display(),
            "colour": BATCH_COLOURS[obj.state],
            "progress": batch_progress(obj),
            "counts": [(state.value, state.label) for state in ItemState],
            "reasons": [_reason(row["state"], row["why"]) | {"number": row["number"]} for row in reasons],
            "undone": [_reason(i.state, i.why) | {"item": i, "told": _name(i, clear)} for i in shown],
            "is_open": obj.state == BatchState.OPEN,
            "may_cancel": may_do(request, Deed(obj.deed)),
        }

    def progress_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        batch = get_object_or_404(Batch, pk=pk)
        progress = batch_progress(batch)
        counts = {state.value: getattr(progress, state.value) for state in ItemState}
        return JsonResponse({"open": batch.state == BatchState.OPEN, "percent": progress.percent, "counts": counts})

    def cancel_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        batch = get_object_or_404(Batch, pk=pk)
        if not (self.has_view_permission(request) and may_do(request, Deed(batch.deed))):
            raise PermissionDenied
        if batch_cancel(batch=batch):
            self.log_change(request, batch, "cancelled")
            messages.success(request, _("Cancelled. What had begun goes on to its end."))
        else:
            messages.warning(request, _("It had ended already."))
        return redirect(reverse("admin:enrichment_batch_change", args=[pk]))

    @display(description=_("state"))
    def state_label(self, batch: Batch) -> str:
        return badge(batch.get_state_display(), BATCH_COLOURS[batch.state])


def _reason(state: str, why: str) -> dict[str, Any]:
    said = str(Skip(why).label) if why in Skip.values else said_outcome(why)
    return {"state": ItemState(state).label, "colour": ITEM_COLOURS[state], "why": said}


def _name(item: BatchItem, clear: bool) -> str:
    return shown_text(item.lead.customer_name, clear=clear) or item.lead.lead_id
