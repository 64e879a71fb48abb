"""A look before anything is filed: the first rows with what is wrong in them, and how all of them would fare."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import islice
from typing import BinaryIO
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from c2s_enrich import sealed_cache
from c2s_enrich.converting import converter
from enrichment.bulk import workbook
from enrichment.bulk.file import file_of
from enrichment.bulk.importing import import_unreadable, layout_kept, named
from enrichment.bulk.properties import property_told
from enrichment.bulk.reading import Row, batched, rows_of
from enrichment.bulk.told import Told, told_by
from enrichment.bulk.unreadable import Unreadable
from enrichment.models import Brings, BulkImport, BulkState
from enrichment.runs import BULK
from enrichment.tasks import ring_imports

# how many a page looks at by itself: what is longer, a worker reads
ROWS_SHOWN, ROWS_AT_ONCE = 20, 1000
KEPT_SECONDS = 1800
# silent for longer, its worker is gone
_SILENCE = timedelta(seconds=60)
_PURPOSE = "import check"
# seconds
_LOOKED_FOR_EVERY, _CHECKED_WITHIN = 2.0, 900.0


class Checked(msgspec.Struct, frozen=True):
    number: int
    cells: list[str]
    # `phone:too_short`
    refused: str
    left_out: list[str]


class Tally(msgspec.Struct):
    """How the rows read so far would fare by these columns; without a value of theirs."""

    columns: list[str]
    last_row: int = 0
    rows: int = 0
    refused: int = 0
    reasons: dict[str, int] = {}
    is_all: bool = False

    @property
    def good(self) -> int:
        return self.rows - self.refused

    @property
    def commonest(self) -> list[tuple[str, int]]:
        return Counter(self.reasons).most_common(12)

    def add(self, told: Iterable[Told]) -> None:
        reasons = Counter(self.reasons)
        for row in told:
            self.rows, self.last_row = self.rows + 1, row.row
            self.refused += bool(row.refused)
            reasons.update([row.refused] if row.refused else row.left_out)
        self.reasons = dict(reasons)


class Check(msgspec.Struct, frozen=True):
    shown: list[Checked]
    tally: Tally


_decode = msgspec.json.Decoder(Check).decode
_tally = converter(Tally)


def check(bulk: BulkImport, file: BinaryIO) -> Check:
    """The first rows, and of a long file the rest as far as a worker has come. What was read here is remembered for
    half an hour by the file's own hash, the kind and the columns: sealed, as all that is cached."""
    name = (_PURPOSE, f"{bulk.digest}:{bulk.brings}:{','.join(bulk.columns)}")
    kept = sealed_cache.get_many([name]).get(name)
    first = found = _decode(kept) if kept else _first(bulk, file)
    so_far = tally_kept(bulk)
    if not first.tally.is_all and so_far and so_far.rows > first.tally.rows:
        found = Check(first.shown, so_far)
    if not kept or found.tally.is_all > first.tally.is_all:
        sealed_cache.set_many({name: msgspec.json.encode(found)}, ttl=KEPT_SECONDS)
    return found


def check_whole(bulk: BulkImport, file: BinaryIO) -> Tally:
    """At once, however long it takes."""
    tally = Tally(bulk.columns, is_all=True)
    for rows in batched(rows_of(file, layout_kept(bulk)), ROWS_AT_ONCE):
        tally.add(_told(bulk, row) for row in rows)
    return tally


@transaction.atomic
def check_order(bulk: BulkImport, file: BinaryIO) -> None:
    """Have a worker read what the page does not; again where the columns are others now."""
    found, ordered = check(bulk, file), tally_kept(bulk)
    if found.tally.is_all or (ordered and bulk.check_due_at):
        return
    fresh = msgspec.to_builtins(Tally(bulk.columns))
    if _waiting(bulk).update(checked=fresh, check_due_at=Now() + _SILENCE):
        ring_imports([bulk.pk], priority=BULK)


def check_go_on(bulk_id: UUID) -> None:
    """Batch by batch, from where it stopped; whoever else is at it, or what made it idle, is met by the next batch."""
    bulk = BulkImport.objects.filter(pk=bulk_id, state=BulkState.READY, check_due_at__isnull=False).first()
    tally = tally_kept(bulk) if bulk else None
    if bulk is None or tally is None:
        return
    try:
        with workbook.asking(_until_given_up(bulk)):
            for rows in batched(rows_of(file_of(bulk), layout_kept(bulk), after=tally.last_row), ROWS_AT_ONCE):
                before = tally.last_row
                tally.add(_told(bulk, row) for row in rows)
                if not _noted(bulk, tally, before=before):
                    return
    except _GivenUp:
        return
    except Unreadable as error:
        import_unreadable(bulk, error.why)
        return
    tally.is_all = True
    _noted(bulk, tally, before=tally.last_row)


class _GivenUp(Exception):
    """Nobody wants to know any more."""


def _until_given_up(bulk: BulkImport) -> Callable[[], None]:
    """Looked for every few seconds, and the due date moved on: a workbook may be long in telling its first row."""
    began = looked = time.monotonic()

    def may_go_on() -> None:
        nonlocal looked
        now = time.monotonic()
        if now - began > _CHECKED_WITHIN:
            raise Unreadable("too_slow")
        if now - looked > _LOOKED_FOR_EVERY:
            looked = now
            still = _waiting(bulk).filter(check_due_at__isnull=False)
            if not still.update(check_due_at=Now() + _SILENCE):
                raise _GivenUp

    return may_go_on


def checks_ring_due() -> int:
    """Those whose worker died, and those whose bell was lost."""
    due = BulkImport.objects.filter(state=BulkState.READY, check_due_at__lte=Now())
    with transaction.atomic():
        ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:20])
        BulkImport.objects.filter(pk__in=ids).update(check_due_at=Now() + _SILENCE)
        ring_imports(ids, priority=BULK)
    return len(ids)


def tally_kept(bulk: BulkImport) -> Tally | None:
    """What a worker has noted, if it is about these columns."""
    if bulk.checked.get("columns") != bulk.columns:
        return None
    return _tally(bulk.checked)


def _noted(bulk: BulkImport, tally: Tally, *, before: int) -> bool:
    due = None if tally.is_all else Now() + _SILENCE
    unmoved = _waiting(bulk).filter(checked__last_row=before, check_due_at__isnull=False)
    return bool(unmoved.update(checked=msgspec.to_builtins(tally), check_due_at=due))


def _waiting(bulk: BulkImport) -> QuerySet[BulkImport]:
    return BulkImport.objects.filter(pk=bulk.pk, state=BulkState.READY, columns=bulk.columns)


def _first(bulk: BulkImport, file: BinaryIO) -> Check:
    rows = list(islice(rows_of(file, layout_kept(bulk)), ROWS_AT_ONCE + 1))
    tally, told = Tally(bulk.columns), [_told(bulk, row) for row in rows[:ROWS_AT_ONCE]]
    tally.add(told)
    tally.is_all = len(rows) <= ROWS_AT_ONCE
    shown = zip(rows[:ROWS_SHOWN], told, strict=False)
    return Check([Checked(r.number, [c[:200] for c in r.cells], t.refused, t.left_out) for r, t in shown], tally)


def _told(bulk: BulkImport, row: Row) -> Told:
    values = named(row, bulk.columns)
    told = told_by(row.number, values, Brings(bulk.brings), bulk.told_at)
    if bulk.brings == Brings.PROPERTIES:
        property_told(told, values)
    return told
