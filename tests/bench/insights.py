"""11: the charts of the insights over half a year of leads, and the views they are drawn from made anew."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from enrichment.analytics.insights import Span, answer, questions
from enrichment.analytics.refreshing import views_refresh
from tests.bench.frame import Figure, Goal, measured, told
from tests.bench.house import UNTIL, House

_TIMES = 20


def figures(house: House) -> Iterator[Figure]:
    # the first time there is nothing to compare with
    views_refresh()
    yield told(measured("both materialised views refreshed", [_seconds(views_refresh)], "s"))
    span = Span(UNTIL - timedelta(days=365), UNTIL)
    for question in questions():
        answer(question, span)
        taken = [1000 * _seconds(lambda asked=question: answer(asked, span)) for _ in range(_TIMES)]  # type: ignore[misc]
        yield told(measured(f"insights: {question}, a year", taken, "ms", Goal("p95", most=300)))


def _seconds(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began
