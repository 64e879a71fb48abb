"""The page on which staff bring in a file: uploaded piece by piece, looked at, started, watched."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST
from unfold.decorators import display

from c2s_enrich.back_office import badge, moment
from c2s_enrich.sheets import KINDS
from enrichment.admin import import_enriching
from enrichment.admin.import_enriching import EnrichingPage, may_enrich, percent_asked
from enrichment.bulk.checking import Check, check, check_order, tally_kept
from enrichment.bulk.columns import COLUMNS, OF, lacking
from enrichment.bulk.enriching import enrich_cancel
from enrichment.bulk.file import PIECE, NotWaitedFor, file_of, piece_take, pieces_of
from enrichment.bulk.importing import NotReady, columns_set, import_cancel, import_look, import_make, import_start
from enrichment.bulk.reading import within
from enrichment.bulk.refused import refused_rows
from enrichment.bulk.unreadable import Unreadable
from enrichment.bulk.words import WAITS, said_of_file, said_of_row
from enrichment.models import Brings, BulkImport, BulkState
from enrichment.models.bulk import HAS_FILE
from parties.disclosure import sees_clear, shown_text

PERMISSION = "enrichment.run_bulkimport"
# seconds: what takes longer keeps a thread of the web server, and the browser gives up
LOOKED_AT_WITHIN = 10.0
STATE_COLOURS = {
    BulkState.UPLOADING.value: "default",
    BulkState.READY.value: "warning",
    BulkState.RUNNING.value: "info",
    BulkState.DONE.value: "success",
    BulkState.CANCELLED.value: "default",
    BulkState.FAILED.value: "danger",
}
COUNTS = (
    ("rows_read", _("rows read")), ("made", _("new")), ("changed", _("filled in")), ("unchanged", _("known already")),
    ("refused", _("refused")),
)  # fmt: skip


@admin.register(BulkImport)
class BulkImportAdmin(EnrichingPage):
    list_display = ("created", "file_name", "brings", "state_label", "rows_read", "made", "refused", "by")
    list_filter = ("state", "brings")
    list_select_related = ("by",)
    ordering = ("-id",)
    discloses = ("rows of a file",)

    created = moment("created_at", _("created"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkImport]:
        return super().get_queryset(request).select_related("by")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(PERMISSION)

    def get_urls(self) -> list[URLPattern]:
        posts = {"look": self.look_view, "start": self.start_view, "cancel": self.cancel_view}
        own = [self._url(f"<uuid:pk>/{name}/", require_POST(view), name) for name, view in posts.items()]
        own += [
            self._url("<uuid:pk>/piece/<int:number>/", require_POST(self.piece_view), "piece"),
            self._url("<uuid:pk>/enrich/", self.enrich_view, "enrich"),
            self._url("<uuid:pk>/progress/", require_GET(self.progress_view), "progress"),
            self._url("<uuid:pk>/refused/<str:kind>/", require_GET(self.refused_view), "refused"),
        ]
        return own + super().get_urls()

    def _url(self, route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
        def guarded(request: HttpRequest, **where: Any) -> HttpResponseBase:
            if not (self.has_add_permission(request) and self.has_view_permission(request)):
                raise PermissionDenied
            return view(request, **where)

        return path(route, self.admin_site.admin_view(guarded), name=f"enrichment_bulkimport_{name}")

    def add_view(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """The form; posted, it makes room for the file whose pieces follow."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._begun(request)
        shown = {"opts": self.opts, "title": _("Bring in a file"), "brings": Brings.choices}
        return TemplateResponse(
            request, "admin/enrichment/bulkimport/upload.html", self.admin_site.each_context(request) | shown
        )

    def _begun(self, request: HttpRequest) -> HttpResponse:
        brings, size = request.POST.get("brings", ""), request.POST.get("size", "")
        if brings not in Brings.values or not (size.isascii() and size.isdecimal() and len(size) < 16):
            return JsonResponse({"why": str(said_of_file("not_a_table"))}, status=400)
        name = request.POST.get("file_name", "").replace("\x00", "")
        try:
            bulk = import_make(brings=Brings(brings), file_name=name, size=int(size), by=request.user)  # type: ignore[arg-type]
        except Unreadable as error:
            return JsonResponse({"why": str(said_of_file(error.why))}, status=400)
        piece = reverse("admin:enrichment_bulkimport_piece", args=[bulk.pk, 0]).removesuffix("0/")
        look = reverse("admin:enrichment_bulkimport_look", args=[bulk.pk])
        return JsonResponse({"piece": piece, "look": look, "size": PIECE, "pieces": pieces_of(bulk.size)})

    def piece_view(self, request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
        try:
            piece_take(bulk=self._one(pk), number=number, content=request.body)
        except NotWaitedFor:
            return JsonResponse({"why": str(said_of_file("incomplete"))}, status=400)
        return HttpResponse(status=204)

    def look_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        bulk = self._one(pk)
        if bulk.state == BulkState.UPLOADING:
            try:
                with within(LOOKED_AT_WITHIN):
                    import_look(bulk, file_of(bulk))
                    check_order(bulk, file_of(bulk))
            except Unreadable as error:
                return JsonResponse({"why": str(said_of_file(error.why))}, status=400)
        return JsonResponse({"url": page_of(bulk)})

    def start_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """What each column is; and off it goes, where that was the button."""
        bulk = self._one(pk)
        try:
            columns_set(bulk, request.POST.getlist("column"))
            if "start" in request.POST:
                import_start(bulk)
                self.log_change(request, bulk, "started")
            else:
                with within(LOOKED_AT_WITHIN):
                    check_order(bulk, file_of(bulk))
        except Unreadable as error:
            messages.warning(request, said_of_file(error.why))
        except NotReady:
            messages.warning(request, _("It cannot be started: something is missing, or it was started before."))
        return redirect(page_of(bulk))

    def cancel_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        bulk = self._one(pk)
        if import_cancel(bulk) or enrich_cancel(bulk):
            self.log_change(request, bulk, "cancelled")
            messages.success(request, _("Cancelled. What had come in stays."))
        else:
            messages.warning(request, _("It had ended already."))
        return redirect(page_of(bulk))

    def progress_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        bulk = self._one(pk)
        if bulk.state == BulkState.READY:
            return JsonResponse({"open": _is_checking(bulk)} | _check_progress(bulk))
        counts = {name: getattr(bulk, name) for name, _label in _counts(bulk)}
        return JsonResponse({"open": _is_open(bulk), "percent": percent(bulk), "counts": counts})

    def refused_view(self, request: HttpRequest, pk: UUID, kind: str) -> HttpResponseBase:
        if kind not in KINDS:
            raise Http404
        bulk, clear = self._one(pk), sees_clear(request.user)
        if clear:
            self.note_seen(request, [bulk])
        content_type, written = KINDS[kind]
        rows = refused_rows(bulk, shown=lambda cell: shown_text(cell, clear=clear))
        headers = {"Content-Disposition": f'attachment; filename="refused-{bulk.pk}.{kind}"'}
        return StreamingHttpResponse(written(rows), content_type=content_type, headers=headers)

    def page(self, request: HttpRequest, obj: BulkImport) -> dict[str, Any]:
        clear = sees_clear(request.user)
        page = {
            "name": obj.file_name,
            "colour": STATE_COLOURS[obj.state],
            "is_running": _is_open(obj),
            "is_checking": _is_checking(obj),
            "may_enrich": may_enrich(request, obj),
            "is_open": (obj.state in HAS_FILE or obj.is_enriching) and self.has_add_permission(request),
            "percent": percent(obj),
            "counts": [(name, label, getattr(obj, name)) for name, label in _counts(obj)],
            "why": _why(obj),
            "has_refused": obj.refusals.exists(),
            "in_clear": clear and obj.state == BulkState.READY,
        }
        return page | (_look(obj, clear=clear) if obj.state == BulkState.READY and not obj.is_local else {})

    @display(description=_("state"))
    def state_label(self, bulk: BulkImport) -> str:
        return badge(bulk.get_state_display(), STATE_COLOURS[bulk.state])

    def _one(self, pk: UUID) -> BulkImport:
        return get_object_or_404(BulkImport, pk=pk)


def page_of(bulk: BulkImport) -> str:
    return reverse("admin:enrichment_bulkimport_change", args=[bulk.pk])


def _is_open(bulk: BulkImport) -> bool:
    return bulk.state == BulkState.RUNNING or bulk.is_enriching


def _is_checking(bulk: BulkImport) -> bool:
    return bulk.state == BulkState.READY and bulk.check_due_at is not None


def _check_progress(bulk: BulkImport) -> dict[str, Any]:
    tally = tally_kept(bulk)
    rows, good, refused = (tally.rows, tally.good, tally.refused) if tally else (0, 0, 0)
    percent = min(99, 100 * rows // max(1, bulk.layout.get("rows", 0)))
    return {"percent": percent, "counts": {"looked_at": rows, "good": good, "bad": refused}}


def _why(bulk: BulkImport) -> Any:
    """Once cancelled, nothing is waited for."""
    return said_of_file(bulk.error) if bulk.error and (bulk.error != WAITS or bulk.is_enriching) else ""


def _counts(bulk: BulkImport) -> tuple[tuple[str, Any], ...]:
    return COUNTS if bulk.budget is None else (*COUNTS, *import_enriching.COUNTS)


def percent(bulk: BulkImport) -> int:
    """The number of rows is an estimate until the last one."""
    if bulk.is_enriching:
        return percent_asked(bulk)
    if bulk.state == BulkState.DONE:
        return 100
    return min(99, 100 * bulk.rows_read // max(1, bulk.layout.get("rows", 0)))


def _look(bulk: BulkImport, *, clear: bool) -> dict[str, Any]:
    try:
        with within(LOOKED_AT_WITHIN):
            found = check(bulk, file_of(bulk))
    except Unreadable as error:
        return {"why": said_of_file(error.why)}
    brings = Brings(bulk.brings)
    return {
        "check": found.tally,
        "percent": _check_progress(bulk)["percent"],
        "columns": _columns(bulk, found, clear),
        "choices": [(name, COLUMNS[name].label) for name in OF[brings]],
        "lacking": [COLUMNS[name].label for name in lacking(brings, bulk.columns)],
        "reasons": [(said_of_row(code), count) for code, count in found.tally.commonest],
        "rows": [
            {
                "number": row.number,
                "cells": [shown_text(cell, clear=clear) for cell in row.cells],
                "is_refused": bool(row.refused),
                "why": [said_of_row(code) for code in ([row.refused] if row.refused else row.left_out)],
            }
            for row in found.shown
        ],
    }


def _columns(bulk: BulkImport, found: Check, clear: bool) -> list[dict[str, Any]]:
    told = zip(bulk.layout["headings"], bulk.columns, strict=False)
    return [
        {
            "heading": heading or f"{index + 1}",
            "chosen": name,
            "example": next((shown_text(r.cells[index], clear=clear) for r in found.shown if _has(r.cells, index)), ""),
        }
        for index, (heading, name) in enumerate(told)
    ]


def _has(cells: list[str], index: int) -> bool:
    return index < len(cells) and bool(cells[index])
