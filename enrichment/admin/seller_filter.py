"""Leads by their seller: part of a name is enough, and the first names of the house are offered while typing."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db import connection
from django.db.models import QuerySet
from django.forms import CharField, HiddenInput
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import TextFilter
from unfold.contrib.filters.forms import SearchForm
from unfold.widgets import UnfoldAdminTextInputWidget

from enrichment.models import Lead
from parties.names import folded

OFFERED = 200
# of so many sellers a part of a name is looked for; a whole name is found among any number
_READ = 2000

# each step jumps to the next name in the index: reading them all would read every lead
_SELLERS = """
with recursive sellers as (
  (select seller from leads where seller > '' order by seller limit 1)
  union all
  select (select l.seller from leads l where l.seller > s.seller order by l.seller limit 1)
  from sellers s where s.seller is not null
) select seller from sellers where seller is not null limit %s
"""


def sellers(most: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_SELLERS, [most])
        return [seller for (seller,) in cursor.fetchall()]


def sellers_named(typed: str) -> list[str]:
    """The one of that name; else those in whose name every word begins some word, whatever the accents and case."""
    if Lead.objects.filter(seller=typed).exists():
        return [typed]
    words = folded(typed).split()
    return [seller for seller in sellers(_READ) if words and _fits(words, folded(seller).split())]


def _fits(words: list[str], name: list[str]) -> bool:
    return all(any(part.startswith(word) for part in name) for word in words)


class _Names(UnfoldAdminTextInputWidget):
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, {**(attrs or {}), "list": "c2s-sellers"}, renderer)
        offered = format_html_join("", '<option value="{}"></option>', ((one,) for one in sellers(OFFERED)))
        return format_html('{}<datalist id="c2s-sellers">{}</datalist>', field, offered)


class _SellerForm(SearchForm):
    def __init__(self, name: str, label: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(name, label, *args, **kwargs)
        self.fields[name].widget = _Names()


class SellerFilter(TextFilter):
    title = _("seller")
    parameter_name = "seller"
    form_class = _SellerForm

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """Sent with what the list is narrowed by already."""
        form = next(iter(super().choices(changelist)))["form"]
        for name, values in changelist.filter_params.items():
            if name != self.parameter_name:
                form.fields[name] = CharField(widget=HiddenInput)
                form.data[name] = values[-1]
        yield {"form": form}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        typed = (self.value() or "").strip()
        return queryset.filter(seller__in=sellers_named(typed)) if typed else queryset
