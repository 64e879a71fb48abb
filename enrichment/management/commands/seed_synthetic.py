import time
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from enrichment.synthetic.loading import holds_data, world_copy
from enrichment.synthetic.world import World

_EVERY = 0.2


class Command(BaseCommand):
    help = "Fill the database with made-up people, companies and leads, as many as production has."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scale", type=float, default=1.0, help="1 is 1,536,775 parties; 0.01 a hundredth")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same rows")
        parser.add_argument("--until", type=date.fromisoformat, default=None, help="the last day; today by default")
        parser.add_argument("--force", action="store_true", help="even though there are parties or leads already")

    def handle(self, *args: Any, scale: float, seed: int, until: date | None, force: bool, **options: Any) -> None:
        if not 0 < scale <= 10:
            raise CommandError("--scale is more than 0 and at most 10.")
        if holds_data() and not force:
            raise CommandError("This database holds parties or leads. --force puts the made-up ones among them.")
        bar = _Bar(self)
        world_copy(World(seed, scale, until or timezone.localdate()), bar.show)
        bar.end()


class _Bar:
    """One line that grows, where somebody looks; else a line per table."""

    def __init__(self, command: BaseCommand) -> None:
        self._out, self._seen = command.stdout, command.stdout.isatty()
        self._began = self._shown = time.monotonic()
        self._table, self._rows, self._before = "", 0, 0

    def show(self, table: str, rows: int) -> None:
        if table != self._table:
            self._before += self._rows
            self._next(table)
        self._rows = rows
        if self._seen and time.monotonic() - self._shown > _EVERY:
            self._shown = time.monotonic()
            self._tell("\r")

    def end(self) -> None:
        self._next("")
        self._out.write(f"{self._before + self._rows:,} rows in {time.monotonic() - self._began:.0f} s")

    def _next(self, table: str) -> None:
        if self._table:
            self._tell("\r" if self._seen else "", "\n")
        self._table = table

    def _tell(self, start: str, ending: str = "") -> None:
        took = time.monotonic() - self._began
        self._out.write(f"{start}{self._table:24} {self._rows:>10,} rows {took:6.0f} s", ending=ending)
        self._out.flush()
