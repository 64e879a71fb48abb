"""What the admin's pages of all rooms share: lists that count nothing, rows nobody edits, pages made of panels."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

COUNTED_EXACTLY = 1000

P = TypeVar("P", bound=Callable[..., Any])


class EstimatingPaginator(Paginator[Any]):
    """Counts short lists; of long ones it takes PostgreSQL's own estimate, for COUNT(*) reads every row."""

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        counted = rows.order_by().values("pk")[: COUNTED_EXACTLY + 1].count()
        return counted if counted <= COUNTED_EXACTLY else max(counted, _estimate(rows))


def _estimate(rows: QuerySet[Any]) -> int:
    plan = rows.order_by().values("pk").explain(format="json")
    return int(json.loads(plan)[0]["Plan"]["Plan Rows"])


class Listing(ModelAdmin):
    """A list that stays quick with millions of rows."""

    paginator = EstimatingPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_fullwidth = True

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the filters offer: `?cpf_cnpj__startswith=…` would spell out a masked value digit by digit."""
        filters = self.get_list_filter(request) if request else self.list_filter
        offered = [f[0] if isinstance(f, tuple) else f for f in filters]
        return any(lookup == f or lookup.startswith(f"{f}__") for f in offered if isinstance(f, str))

    def is_list(self, request: HttpRequest) -> bool:
        match = request.resolver_match
        return match is not None and str(match.url_name).endswith("_changelist")


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
        context |= {"page": self.page(request, obj), "panels": panels_for(request, obj), "subtitle": None}
        return super().render_change_form(request, context, *args, **kwargs)


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


def may_view(request: HttpRequest, model: type[Model]) -> bool:
    opts = model._meta
    return request.user.has_perm(f"{opts.app_label}.view_{opts.model_name}")


