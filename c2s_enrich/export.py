"""Any list of the admin to take along: as filtered and sorted, as far as whoever asks may see it."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import unescape
from itertools import islice
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBadRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst, slugify
from django.utils.timezone import localtime, now
from django.utils.translation import gettext
from unfold.admin import ModelAdmin

from c2s_enrich.privacy import access_log
from c2s_enrich.sheets import KINDS

AT_ONCE = 500
NOTHING = "–"


class Exporting(ModelAdmin):
    """Mixed into the lists: an address per format, which reads the whole list with a cursor of the server's."""

    # columns besides those of the list, named as `list_display` names them
    exports: Sequence[str] = ()
    list_after_template = "admin/parts/export.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        given: list[URLPattern] = super().get_urls()
        return [path("export/<str:kind>/", view, name=name), *given]

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in KINDS:
            raise Http404
        # the filters of the list, but not its page
        filters = request.GET.copy()
        filters.pop("p", None)
        request.GET = filters  # type: ignore[assignment]
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseBadRequest()
        content_type, written = KINDS[kind]
        file = f"{slugify(self.opts.verbose_name_plural)}-{localtime(now()):%Y-%m-%d}.{kind}"
        headers = {"Content-Disposition": f'attachment; filename="{file}"'}
        return StreamingHttpResponse(written(self._rows(request, rows)), content_type=content_type, headers=headers)

    def _rows(self, request: HttpRequest, rows: QuerySet[Any]) -> Iterator[list[Any]]:
        columns = [name for name in self.get_list_display(request) if name != "action_checkbox"]
        columns += [name for name in self.exports if name not in columns]
        yield [capfirst(str(label_for_field(name, self.model, self))) for name in columns]
        found = rows.iterator(chunk_size=AT_ONCE)
        while chunk := list(islice(found, AT_ONCE)):
            self._note(request, [row for row in chunk if getattr(row, "in_clear", False)])
            yield from ([self._value(row, name) for name in columns] for row in chunk)

    def _note(self, request: HttpRequest, in_clear: list[Any]) -> None:
        """Before they are given out; and stored at once, for a whole list would not fit where looks wait."""
        if in_clear:
            self.note_seen(request, in_clear)
            access_log.write_out()

    def _value(self, row: Any, name: str) -> Any:
        try:
            field, _attribute, value = lookup_field(name, row, self)
        except ObjectDoesNotExist:
            return ""
        choices = dict(getattr(field, "flatchoices", None) or ())
        return _plain(choices.get(value, value))


def _plain(value: Any) -> Any:
    """A value of a page as a value of a sheet."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, SafeString):
        return _text_of(value)
    if hasattr(value, "utcoffset"):
        return date_format(localtime(value), "SHORT_DATETIME_FORMAT")
    return "" if value == NOTHING else value


@lru_cache(maxsize=1024)
def _text_of(markup: str) -> str:
    text = " ".join(unescape(strip_tags(markup)).split())
    return "" if text == NOTHING else text
