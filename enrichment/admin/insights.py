"""The insights: how leads fared over weeks and months, as they were last reckoned, to look at and to take along."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from c2s_enrich.back_office import desk_page
from c2s_enrich.sheets import KINDS
from enrichment.admin.home import CHART, LINES
from enrichment.analytics.insights import Answer, Span, answer
from enrichment.analytics.refreshing import Age, ages
from enrichment.analytics.views import LEAD_STAR
from enrichment.models import Source
from parties.disclosure import shown_contact

LOOKED_BACK = (7, 30, 90, 365)
_RUNS, _MONEY = "enrichment.view_run", "enrichment.view_providergate"
_BLUE, _GREEN, _GREY, _ORANGE = (
    f"var(--color-{name})" for name in ("primary-500", "green-500", "base-300", "orange-500")
)
Told = Callable[[Answer], str]


@dataclass(frozen=True, slots=True)
class Card:
    """One question: its columns by name, those that are drawn with their colour, and its answer in a few words."""

    title: Any
    columns: Mapping[str, Any]
    permission: str = _RUNS
    drawn: Mapping[str, str] | None = None
    chart: str = "bar"
    adds_up: bool = False
    told: Told = lambda rows: ""


def _repeats_told(rows: Answer) -> str:
    leads, repeats = _sum(rows, "leads"), _sum(rows, "repeats")
    return gettext("{percent}% of {leads}").format(percent=_number(100 * repeats / leads, 1), leads=_number(leads))


def _seconds_told(rows: Answer) -> str:
    whole = sum(row["average"] * row["leads"] for row in rows)
    return gettext("{seconds} s on average").format(seconds=_number(whole / _sum(rows, "leads"), 1))


def _cost_told(rows: Answer) -> str:
    enriched = _sum(rows, "enriched")
    each = _number(_sum(rows, "cost") / enriched, 2) if enriched else "–"
    return gettext("R$ {each} for each of {enriched}").format(each=each, enriched=_number(enriched))


def _avoided_told(rows: Answer) -> str:
    calls, saved = _sum(rows, "discoveries") + _sum(rows, "profiles"), _sum(rows, "saved")
    return gettext("{calls} calls, R$ {saved} saved").format(calls=_number(calls), saved=_number(saved, 2))


_FROM, _LEADS = _("From"), _("Leads")
CARDS: dict[str, Card] = {
    "repeats": Card(
        _("Leads whose contact had come before"),
        {"day": _FROM, "leads": _LEADS, "first_time": _("first time"), "repeats": _("came before"), "percent": "%"},
        drawn={"repeats": _BLUE, "first_time": _GREY},
        adds_up=True,
        told=_repeats_told,
    ),
    "seconds": Card(
        _("Seconds a lead waited for the end of its run"),
        {"day": _FROM, "leads": _LEADS, "average": _("average"), "p95": _("95% within")},
        drawn={"average": _BLUE, "p95": _ORANGE},
        chart="line",
        told=_seconds_told,
    ),
    "sources": Card(
        _("What came of the leads, by origin"),
        {
            "source": _("Origin"), "leads": _LEADS, "enriched": _("enriched"), "enriched_percent": _("enriched, %"),
            "closed": _("closed"), "closed_percent": _("closed, %"),
        },
    ),
    "contacts": Card(_("Contacts that came most often"), {"contact": _("Contact"), "times": _("times")}),
    "cost": Card(
        _("Cost of an enriched lead"),
        {"day": _FROM, "enriched": _("enriched"), "cost": _("spent, R$"), "each": _("R$ each")},
        permission=_MONEY,
        drawn={"each": _GREEN},
        told=_cost_told,
    ),
    "avoided": Card(
        _("Paid calls that were not needed"),
        {"day": _FROM, "discoveries": _("discoveries"), "profiles": _("profiles"), "saved": _("saved, R$")},
        permission=_MONEY,
        drawn={"discoveries": _BLUE, "profiles": _GREEN},
        adds_up=True,
        told=_avoided_told,
    ),
}  # fmt: skip


# there were no leads before, and a day after the last one must still be a date
_DAYS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2100, 1, 1))]


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, validators=_DAYS)


class SpanForm(forms.Form):
    since = _day(_("From"))
    until = _day(_("To"))

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if "since" in found and "until" in found and found["since"] > found["until"]:
            raise forms.ValidationError(_("The first day is after the last one."))
        return found


@require_GET
def insights_page(request: HttpRequest) -> HttpResponse:
    form = _form(request.GET)
    span = _span(form)
    reckoned = _reckoned()
    cards = _drawn(request, span) if reckoned.as_of else []
    return desk_page(
        request, "admin/insights.html", _("Insights"), form=form, span=span, cards=cards, reckoned=reckoned,
        back=[_back(days) for days in LOOKED_BACK], kinds=KINDS,
    )  # fmt: skip


@require_GET
def insight_file(request: HttpRequest, question: str, kind: str) -> HttpResponseBase:
    card = CARDS.get(question)
    form = _form(request.GET)
    if card is None or kind not in KINDS or not form.is_valid() or not _reckoned().as_of:
        raise Http404
    if not request.user.has_perm(card.permission):
        raise PermissionDenied
    span = _span(form)
    content_type, written = KINDS[kind]
    headers = {"Content-Disposition": f'attachment; filename="{question}-{span.since}-{span.until}.{kind}"'}
    return StreamingHttpResponse(written(_table(question, card, span)), content_type=content_type, headers=headers)


def _table(question: str, card: Card, span: Span) -> Iterator[list[Any]]:
    yield [str(label) for label in card.columns.values()]
    yield from ([row[name] for name in card.columns] for row in _answer(question, span))


def _answer(question: str, span: Span) -> Answer:
    """As it may be shown to everybody: a contact is only ever masked here."""
    rows = answer(question, span)
    for row in rows:
        if "contact" in row:
            row["contact"] = shown_contact(row["contact"], clear=False)
        if row.get("source") in Source.values:
            row["source"] = str(Source(row["source"]).label)
    return rows


def _drawn(request: HttpRequest, span: Span) -> Iterator[dict[str, Any]]:
    for question, card in CARDS.items():
        if request.user.has_perm(card.permission):
            rows = _answer(question, span)
            shown = {"name": question, "title": card.title, "rows": rows, "kind": card.chart}
            if rows and card.drawn:
                shown |= {
                    "told": card.told(rows),
                    "chart": json.dumps(_chart(card, rows, span)),
                    "options": json.dumps(CHART if card.adds_up else LINES),
                }
            yield shown


def _chart(card: Card, rows: Answer, span: Span) -> dict[str, Any]:
    # Translators: how a day is written under a chart, in Django's letters for dates
    style = "b Y" if span.step == "month" else gettext("M j")
    return {
        "labels": [date_format(row["day"], style) for row in rows],
        "datasets": [
            {
                "label": str(card.columns[name]), "backgroundColor": colour, "borderColor": colour,
                "borderWidth": 2 if card.chart == "line" else 0,
                "data": [float(row[name] or 0) for row in rows],
            }
            for name, colour in (card.drawn or {}).items()
        ],
    }  # fmt: skip


def _reckoned() -> Age:
    return next(age for age in ages() if age.view == LEAD_STAR.name)


def _form(asked: QueryDict) -> SpanForm:
    today = timezone.localdate()
    usual = {"since": today - timedelta(days=29), "until": today}
    return SpanForm({name: asked.get(name) or day for name, day in usual.items()})


def _span(form: SpanForm) -> Span:
    """What was asked for, or the usual where that cannot be read."""
    if form.is_valid():
        return Span(form.cleaned_data["since"], form.cleaned_data["until"])
    today = timezone.localdate()
    return Span(today - timedelta(days=29), today)


def _back(days: int) -> dict[str, Any]:
    today = timezone.localdate()
    return {"days": days, "since": today - timedelta(days=days - 1), "until": today}


def _sum(rows: Answer, name: str) -> Any:
    return sum(row[name] or 0 for row in rows)


def _number(value: float | Decimal, digits: int = 0) -> str:
    return number_format(value, digits, use_l10n=True, force_grouping=True)
