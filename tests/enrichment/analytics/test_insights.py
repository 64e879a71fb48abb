"""The insights: right figures, for who may see them, to look at and to take along."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from c2s_enrich.roles import MANAGER, VIEWER
from enrichment.admin.insights import CARDS
from enrichment.analytics.insights import Span, answer, questions
from enrichment.analytics.refreshing import views_refresh
from enrichment.models import Lead, Watermark
from tests.back_office import logged_in
from tests.c2s_enrich.test_roles import member
from tests.enrichment.analytics.known import NOW, PHONE, everything_known

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate(NOW)
FEW_DAYS = Span(TODAY - timedelta(days=6), TODAY)


@pytest.fixture
def counted() -> None:
    """Two leads of one person: the first was paid for, the second came from memory."""
    everything_known()
    views_refresh()


def found(question: str, span: Span = FEW_DAYS) -> list[dict[str, Any]]:
    return answer(question, span)


def page(client: Client, **asked: str) -> Any:
    return client.get("/admin/insights/", asked)


def taken(client: Client, question: str, kind: str = "csv", **asked: str) -> Any:
    return client.get(f"/admin/insights/{question}.{kind}", asked)


@pytest.mark.usefixtures("counted")
def test_each_question_is_answered_as_reckoned_by_hand(settings: Settings) -> None:
    settings.PRICE_DIRETRIX, settings.PRICE_WORK_API = Decimal(2), Decimal(3)
    first, again = sorted(timezone.localdate(NOW - timedelta(days=days)) for days in (2, 1))
    assert [(row["day"], row["leads"], row["repeats"], row["percent"]) for row in found("repeats")] == [
        (first, 1, 0, 0), (again, 1, 1, 100),
    ]  # fmt: skip
    # of the slowest the band is known, within five per cent
    lengths = [(row["average"], row["p95"]) for row in found("seconds")]
    assert lengths == [(4, pytest.approx(4, rel=0.05)), (3, pytest.approx(3, rel=0.05))]
    often = {"contact": PHONE, "lead": Lead.objects.get(lead_id="lead-1").pk}
    assert found("contacts") == [often | {"times": 2}]
    assert found("contacts", Span(again, again)) == [often | {"times": 1}]
    assert [list(row.values()) for row in found("sources")] == [["Portal", 2, 2, 100, 1, 50]]
    assert [(row["enriched"], row["cost"], row["each"]) for row in found("cost")] == [
        (1, Decimal("0.5"), Decimal("0.5")), (1, 0, 0),
    ]  # fmt: skip
    assert [list(row.values())[1:] for row in found("avoided")] == [[0, 0, 0], [2, 1, 7]]


@pytest.mark.usefixtures("counted")
def test_long_spans_are_told_by_weeks_and_months_and_days_without_leads_are_empty() -> None:
    assert [Span(TODAY - timedelta(days=d), TODAY).step for d in (30, 200, 2000)] == ["day", "week", "month"]
    assert sum(row["leads"] for row in found("repeats", Span(TODAY - timedelta(days=2000), TODAY))) == 2
    assert all(found(question, Span(date(2001, 1, 1), date(2001, 1, 2))) == [] for question in questions())
    assert set(questions()) == set(CARDS), "every question has a card"


@pytest.mark.usefixtures("counted")
def test_everybody_sees_how_leads_fare_and_who_may_see_money_sees_money() -> None:
    for role, seen in ((VIEWER, set(CARDS) - {"cost", "avoided"}), (MANAGER, set(CARDS))):
        response = page(logged_in(member(role)))
        assert {name for name in CARDS if f'data-insight="{name}"' in response.text} == seen
        assert "(11) *****-**21" in response.text
        assert PHONE not in response.text
        assert "Counted at" in response.text
    clerk = logged_in(member(VIEWER, "another"))
    assert [taken(clerk, question).status_code for question in ("repeats", "cost")] == [200, 403]


@pytest.mark.usefixtures("counted")
def test_a_span_that_cannot_be_read_says_so_and_shows_the_usual_days() -> None:
    clerk = logged_in(member(VIEWER))
    assert "The first day is after the last one." in page(clerk, since="2026-02-02", until="2026-01-01").text
    wrong = page(clerk, since="yesterday")
    assert ("Enter a valid date" in wrong.text, 'data-insight="repeats"' in wrong.text) == (True, True)
    assert "Nothing in these days." in page(clerk, since="2001-01-01", until="2001-01-31").text
    refused = [taken(clerk, "repeats", since="x"), taken(clerk, "nothing"), taken(clerk, "repeats", "pdf")]
    assert {response.status_code for response in refused} == {404}


@pytest.mark.usefixtures("counted")
def test_what_is_taken_along_runs_no_formula_and_names_nobody() -> None:
    Lead.objects.update(lead_source='=HYPERLINK("http://elsewhere.example")')
    views_refresh()
    manager = logged_in(member(MANAGER))
    sources = taken(manager, "sources").getvalue().decode("utf-8-sig").splitlines()
    assert sources[0] == "Origin;Leads;enriched;enriched, %;closed;closed, %"
    assert sources[1].startswith("\"'=HYPERLINK")
    assert taken(manager, "contacts").getvalue().decode("utf-8-sig").splitlines()[1] == "(11) *****-**21;2"
    assert taken(manager, "avoided", "xlsx").getvalue().startswith(b"PK")


def test_before_the_worker_counted_and_without_views_the_page_says_so() -> None:
    clerk = logged_in(member(VIEWER))
    Watermark.objects.all().delete()
    assert "Not counted yet: the worker adds up." in page(clerk).text
    assert taken(clerk, "repeats").status_code == 404
    with connection.cursor() as cursor:
        cursor.execute("drop schema core cascade; drop schema analytics cascade")
    assert "The database has no views for analytics" in page(clerk).text


@pytest.mark.usefixtures("counted")
def test_figures_of_long_ago_are_said_to_be_old() -> None:
    Watermark.objects.update(at=NOW - timedelta(days=1))
    assert "These figures are old" in page(logged_in(member(VIEWER))).text
