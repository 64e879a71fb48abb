"""What the admin's pages of all rooms share: lists that count nothing, rows nobody edits, pages made of panels."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.decorators import display
from unfold.views import ChangeList

from c2s_enrich.export import Exporting
from c2s_enrich.privacy import access_log

COUNTED_EXACTLY = 1000
_OFFERED = ("exact", "id__exact", "in", "isnull", "gte", "lt")

P = TypeVar("P", bound=Callable[..., Any])


class EstimatingPaginator(Paginator):
    """Counts short lists; of long ones it takes PostgreSQL's own estimate, for COUNT(*) reads every row."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        counted = rows.order_by().values("pk")[: COUNTED_EXACTLY + 1].count()
        return counted if counted <= COUNTED_EXACTLY else max(counted, _estimate(rows))


def _estimate(rows: QuerySet[Any]) -> int:
    plan = rows.order_by().values("pk").explain(format="json")
    return int(json.loads(plan)[0]["Plan"]["Plan Rows"])


class UncountedChangeList(ChangeList):
    """The header offers "show all" only where something is hidden."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count


class KnownLookups:
    """Only what the filters offer: `?cpf_cnpj__startswith=…` would spell out a masked value digit by digit, and a
    regular expression of somebody's own keeps the database busy for as long as they like."""

    def lookup_allowed(self: Any, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        filters = self.get_list_filter(request) if request else self.list_filter
        names = [str(getattr(f, "parameter_name", f)) for f in filters]
        return any(lookup in (name, *(f"{name}__{way}" for way in _OFFERED)) for name in names)


class Listing(KnownLookups, Exporting):
    """A list that stays quick with millions of rows."""

    paginator = EstimatingPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_fullwidth = True
    empty_value_display = "–"
    # what its pages show in clear to those who may see it, as the access log calls it
    discloses: Sequence[str] = ()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        changelist = (getattr(response, "context_data", None) or {}).get("cl")
        if changelist is not None:
            self.note_seen(request, [row for row in changelist.result_list if getattr(row, "in_clear", False)])
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context.get("original")
        row = row.row if isinstance(row, Titled) else row
        if row is not None and context.get("page", {}).get("in_clear", getattr(row, "in_clear", False)):
            self.note_seen(request, [row])
        return super().render_change_form(request, context, *args, **kwargs)

    def note_seen(self, request: HttpRequest, rows: Iterable[Model]) -> None:
        """Of pages that this class does not draw: these rows were shown in clear."""
        access_log.seen_by_staff(request, rows, fields=self.discloses)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return UncountedChangeList

    def is_list(self, request: HttpRequest) -> bool:
        match = request.resolver_match
        return match is not None and str(match.url_name).endswith(("_changelist", "_export"))


class ReadOnly:
    """Rows that the service writes and staff only read."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyListing(ReadOnly, Listing):
    """The log-like rows of the house."""


class Page(ReadOnlyListing):
    """One row shown as a page of its own, drawn by `admin/<app>/<model>/change_form.html`."""

    # the page is drawn from `page`, so the form needs no field
    fields: Sequence[str] = ()

    def page(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        raise NotImplementedError

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = context["original"]
        page = self.page(request, obj)
        context |= {"page": page, "panels": panels_for(request, obj), "subtitle": None}
        if page.get("name"):
            context |= {"title": page["name"], "original": Titled(obj, page["name"])}
        return super().render_change_form(request, context, *args, **kwargs)


def desk_page(request: HttpRequest, template: str, title: Any, **shown: Any) -> TemplateResponse:
    """A page of the admin that belongs to no model."""
    return TemplateResponse(request, template, admin.site.each_context(request) | {"title": title} | shown)


class Titled:
    """A row under another name: the theme's way back is headed by what the row calls itself."""

    def __init__(self, row: Model, title: str) -> None:
        self.row, self._title = row, title

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    def __str__(self) -> str:
        return self._title


def dialog_done(request: HttpRequest, url: str) -> HttpResponse:
    """After a dialog's form: htmx posts it, and would follow a plain redirect inside the dialog."""
    return HttpResponse(headers={"HX-Redirect": url}) if "HX-Request" in request.headers else redirect(url)


Panel = Callable[[HttpRequest, Any], tuple[str, dict[str, Any]]]
_PANELS: dict[type[Model], list[Panel]] = defaultdict(list)


def panel(on: type[Model]) -> Callable[[P], P]:
    """How an upper room adds to a lower room's page: a function that returns a template and its context."""

    def register(function: P) -> P:
        _PANELS[on].append(function)
        return function

    return register


def panels_for(request: HttpRequest, obj: Model) -> list[SafeString]:
    drawn = (function(request, obj) for function in _PANELS[type(obj)])
    return [render_to_string(template, context, request) for template, context in drawn]


def badge(text: Any, colour: str = "default") -> SafeString:
    """A coloured label; drawn here because unfold's own `label=` works in lists only."""
    return _label(str(text), colour)


@lru_cache(maxsize=512)
def _label(text: str, colour: str) -> SafeString:
    """A list shows the same few a hundred times, and drawing them took longer than reading its rows."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colour, "size": "md"})


def moment(field: str, description: Any) -> Callable[[Any, Any], str]:
    """A column with a date and time in its short form: Portuguese spells the long one out over two lines."""

    @display(description=description, ordering=field)
    def shown(model_admin: Any, row: Any) -> str:
        at = getattr(row, field)
        text = date_format(localtime(at), "SHORT_DATETIME_FORMAT") if at else "–"
        return format_html('<span class="c2s-moment">{}</span>', text)

    return shown


def may_view(request: HttpRequest, model: type[Model]) -> bool:
    opts = model._meta
    return request.user.has_perm(f"{opts.app_label}.view_{opts.model_name}")
