import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from c2s_enrich.typed import HELP, typed
from webhooks.legacy.importing import PARTS, legacy_import
from webhooks.legacy.source import CannotImport, Source
from webhooks.models import LegacyImport

_EVERY = 0.5


class Command(BaseCommand):
    help = (
        "Bring in the data of the predecessor's database, which is only read. An interrupted import goes on where it "
        "stopped; a finished one, started again, takes what is new."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dsn", default="-", help=f"postgres://user:password@host:port/name; {HELP}")
        parser.add_argument(
            "--refused", type=Path, default=Path("import_legacy_refused.tsv"), help="where refused rows are told"
        )
        parser.add_argument("--everything", action="store_true", help="look at all rows again, not only at new ones")

    def handle(self, *args: Any, dsn: str, refused: Path, everything: bool, **options: Any) -> None:
        bar = _Bar(self)
        try:
            with Source(typed(dsn, "--dsn")) as source:
                turn = legacy_import(source=source, refused=refused, progress=bar.show, everything=everything)
        except CannotImport as error:
            raise CommandError(str(error)) from error
        bar.end()
        self._tell(turn, refused)

    def _tell(self, turn: LegacyImport, refused: Path) -> None:
        for part in PARTS:
            if counts := turn.counts.get(part.name):
                told = "{read:>12,} read {written:>12,} written {refused:>10,} refused".format(**counts)
                self.stdout.write(f"{part.name:24}{told}")
        if turn.refused_bytes:
            self.stdout.write(f"What did not come in, and why: {refused}")


class _Bar:
    """One line that grows, with what is left of its table, where somebody looks; else a line per table."""

    def __init__(self, command: BaseCommand) -> None:
        self._out, self._seen = command.stdout, command.stdout.isatty()
        self._part, self._began, self._shown, self._from = "", 0.0, 0.0, 0

    def show(self, part: str, done: int, total: int) -> None:
        now = time.monotonic()
        if part != self._part:
            self.end()
            self._part, self._began, self._from = part, now, done
        if self._seen and now - self._shown > _EVERY:
            self._shown = now
            self._out.write(f"\r{self._line(done, total, now)}", ending="")
            self._out.flush()
        self._last = self._line(done, total, now)

    def end(self) -> None:
        if self._part:
            self._out.write(f"\r{self._last}" if self._seen else self._last)

    def _line(self, done: int, total: int, now: float) -> str:
        took = now - self._began
        rate = (done - self._from) / took if took else 0
        share = f"{min(1.0, done / total):4.0%}" if total else "    "
        left = f", {max(0, total - done) / rate:,.0f} s left" if rate and total > done else ""
        return f"{self._part:24}{share} {done:>12,} rows {took:6.0f} s, {rate:,.0f} a second{left}      "
