from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils.timezone import localdate

from c2s_enrich.sheets import csv_bytes
from enrichment.providers.errors import ProviderError
from enrichment.shadow import (
    TROUBLING,
    Compared,
    Day,
    Verdict,
    compared_between,
    conversations_hear,
    days_of,
    sum_of,
)

_HEAD = ("composed", "answered", *Verdict.values)
_MOST_LISTED = 50


class Command(BaseCommand):
    help = (
        "In shadow: whom the predecessor told the CRM of, against whom we would have told of, by the day. Ends with 1 "
        "where somebody else was told of, or somebody whom we do not know."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=date.fromisoformat, help="first day, as 2026-03-14; a week ago by default")
        parser.add_argument("--until", type=date.fromisoformat, help="last day; today by default")
        parser.add_argument(
            "--ask", action="store_true", help="read from C2S the conversations in which nobody seems to have answered"
        )
        parser.add_argument("--csv", type=Path, metavar="FILE", help="every lead on which the two do not agree")

    def handle(self, *args: Any, since: date | None, until: date | None, **options: Any) -> None:
        until = until or localdate()
        since = since or until - timedelta(days=6)
        if options["ask"]:
            self._ask(since, until)
        compared = list(compared_between(since, until))
        self._tell(days_of(compared))
        apart = [one for one in compared if one.verdict in TROUBLING]
        for one in apart[:_MOST_LISTED]:
            self.stdout.write("  ".join(_line(one)))
        if options["csv"]:
            differing = (one for one in compared if one.verdict not in (Verdict.AGREES, Verdict.NOBODY))
            with options["csv"].open("wb") as out:
                out.writelines(csv_bytes(_sheet(differing)))
        if apart:
            raise CommandError(f"{len(apart):,} leads to look at before the switch.")

    def _ask(self, since: date, until: date) -> None:
        try:
            self.stdout.write(f"{conversations_hear(since, until):,} conversations read from C2S")
        except ProviderError as error:
            raise CommandError(f"C2S does not tell: {error}") from None

    def _tell(self, days: Sequence[Day]) -> None:
        self.stdout.write(f"{'day':12}{''.join(f'{name:>10}' for name in _HEAD)}")
        for day in (*days, sum_of(days)):
            self.stdout.write(f"{day.day or 'all'!s:12}{''.join(f'{count:>10,}' for count in day.counts)}")


def _sheet(compared: Iterator[Compared]) -> Iterator[Sequence[object]]:
    yield "day", "lead", "verdict", "ours", "theirs", "page"
    yield from map(_line, compared)


def _line(one: Compared) -> Sequence[str]:
    page = reverse("admin:enrichment_lead_change", args=[one.lead.pk])
    ours, theirs = map(" ".join, one.masked)
    return str(one.day), one.lead.lead_id, one.verdict.value, ours, theirs, page
