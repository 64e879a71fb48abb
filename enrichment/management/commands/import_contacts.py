import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from c2s_enrich import sealed_cache
from c2s_enrich.sheets import csv_bytes
from enrichment.bulk.checking import check_whole
from enrichment.bulk.columns import OF, lacking
from enrichment.bulk.enriching import CannotEnrich, enrich_order, price_at_most
from enrichment.bulk.importing import columns_set, import_cancel, import_go_on, import_look, import_make, import_start
from enrichment.bulk.reading import digest_of
from enrichment.bulk.unreadable import Unreadable
from enrichment.bulk.words import said_of_file, said_of_row
from enrichment.models import Brings, BulkImport, BulkState
from enrichment.providers.reading import money


class Command(BaseCommand):
    help = (
        "Bring in a CSV or XLSX file of contacts, people and companies, or properties. Killed and started again, it "
        "goes on where it stopped; the same file again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--brings", choices=Brings.values, default=Brings.CONTACTS.value)
        parser.add_argument("--columns", help="what each column is, in order, by commas: name,,phone,email")
        parser.add_argument("--dry-run", action="store_true", help="say how the rows would fare; file none")
        parser.add_argument("--enrich", action="store_true", help="say what asking the providers may cost")
        parser.add_argument("--budget", help="with --enrich: have the workers do it, for no more than this, in R$")
        parser.add_argument("--refused", type=Path, default=Path("import_refused.csv"), help="where refused rows go")

    def handle(self, *args: Any, file: Path, brings: str, refused: Path, dry_run: bool, **options: Any) -> None:
        budget = self._budget(options["budget"], enrich=options["enrich"])
        try:
            with file.open("rb") as opened:
                bulk = self._begun(opened, file, Brings(brings), options["columns"])
                if dry_run:
                    return self._look(bulk, opened)
                if bulk.state == BulkState.READY:
                    import_start(bulk)
                import_go_on(bulk.pk, file=opened, progress=_Bar().show)
        except Unreadable as error:
            raise CommandError(str(said_of_file(error.why))) from None
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        # a process as short as this one must not leave before what it changed is forgotten
        sealed_cache.settle(5.0)
        bulk.refresh_from_db()
        self._tell(bulk, refused)
        if options["enrich"]:
            self._enrich(bulk, budget)
        return None

    def _budget(self, given: str | None, *, enrich: bool) -> Decimal | None:
        budget = None if given is None else money(given)
        if given is not None and not (enrich and budget):
            raise CommandError("--budget takes a sum of money, and goes with --enrich")
        return budget

    def _enrich(self, bulk: BulkImport, budget: Decimal | None) -> None:
        price = price_at_most(bulk)
        told = f"R$ {price.amount:,.2f}" if price.is_told else "an unknown price"
        self.stdout.write(
            f"{price.came:,} came in; {price.known:,} of them are known already, or companies. "
            f"To ask about the others: {price.calls:,} calls at most, {told} at most."
        )
        if budget is None:
            self.stdout.write("Nothing is ordered without --budget.")
            return
        try:
            enrich_order(bulk, budget=budget)
        except CannotEnrich as error:
            raise CommandError(str(said_of_file(error.why)) or "it is not done with, or under way already") from None
        self.stdout.write(
            f"Ordered, for R$ {budget:,.2f} at most: the workers do it, and Imports shows how far they are."
        )

    def _begun(self, opened: BinaryIO, file: Path, brings: Brings, columns: str | None) -> BulkImport:
        """One that was killed is gone on with."""
        ours = BulkImport.objects.filter(is_local=True, brings=brings, state=BulkState.RUNNING)
        if killed := ours.filter(digest=digest_of(opened)).order_by("-id").first():
            return killed
        bulk = import_make(brings=brings, file_name=file.name, size=file.stat().st_size)
        bulk.is_local = True
        import_look(bulk, opened)
        if columns is not None:
            columns_set(bulk, self._named(columns.split(","), brings))
        if missing := lacking(brings, bulk.columns):
            import_cancel(bulk)
            raise CommandError(f"No column is {' or '.join(missing)}: say so with --columns. Found: {bulk.columns}")
        return bulk

    def _named(self, columns: Sequence[str], brings: Brings) -> list[str]:
        named = [column.strip() for column in columns]
        if unknown := set(named) - {"", *OF[brings]}:
            raise CommandError(f"{', '.join(sorted(unknown))}: the columns are {', '.join(OF[brings])}")
        return named

    def _look(self, bulk: BulkImport, opened: BinaryIO) -> None:
        found = check_whole(bulk, opened)
        import_cancel(bulk)
        for heading, name in zip(bulk.layout["headings"], bulk.columns, strict=False):
            self.stdout.write(f"{heading or '–':30} {name or '(left out)'}")
        self.stdout.write(f"{found.rows:,} rows looked at, {found.refused:,} would be refused")
        for why, count in found.commonest:
            self.stdout.write(f"{count:>9,}  {said_of_row(why)}")

    def _tell(self, bulk: BulkImport, refused: Path) -> None:
        for name in ("rows_read", "made", "changed", "unchanged", "refused"):
            self.stdout.write(f"{name.replace('_', ' '):12}{getattr(bulk, name):>12,}")
        if bulk.state == BulkState.FAILED:
            raise CommandError(str(said_of_file(bulk.error)))
        if bulk.refusals.exists():
            from enrichment.bulk.refused import refused_rows

            with refused.open("wb") as out:
                out.writelines(csv_bytes(refused_rows(bulk)))
            self.stdout.write(f"What did not come in, and why: {refused}")


class _Bar:
    """One line that grows, where somebody looks."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def show(self, bulk: BulkImport) -> None:
        if sys.stderr.isatty():
            rate = bulk.rows_read / (time.monotonic() - self._began)
            sys.stderr.write(f"\r{bulk.rows_read:>12,} of {bulk.layout['rows']:,} rows, {rate:,.0f} a second   ")
            sys.stderr.flush()
