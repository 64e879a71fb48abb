"""The life of an import: read once to see what it is, confirmed, then filed chunk by chunk, each with its progress."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

import msgspec
from django.contrib.auth.models import AbstractBaseUser
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from c2s_enrich.converting import converter
from c2s_enrich.rows import rows_copy
from enrichment.bulk import columns as naming
from enrichment.bulk.file import file_of, most_bytes
from enrichment.bulk.filing import FORGOTTEN, Filed, Overtaken, parties_file, sparing_the_forgotten
from enrichment.bulk.properties import properties_file, property_told
from enrichment.bulk.reading import Layout, Row, batched, digest_of, layout_of, rows_of
from enrichment.bulk.told import Told, told_by
from enrichment.bulk.unreadable import Unreadable
from enrichment.leases import lease_owner
from enrichment.models import Brings, BulkChunk, BulkImport, BulkRefusal, BulkState
from enrichment.models.bulk import HAS_FILE
from enrichment.runs import BULK
from enrichment.tasks import ring_imports

AT_ONCE = 5000
# how long nobody else takes an import over
LEASE = timedelta(seconds=60)
KEPT_WAITING = timedelta(hours=24)
_TRIES = 3
_SAMPLE = 20
_PARTIES = """
insert into bulk_import_parties (bulk_import_id, party_id) select %s, unnest(%s::uuid[]) on conflict do nothing
"""
Progress = Callable[[BulkImport], None]


class NotReady(Exception):
    """It was started, or ended, before."""


_layout = converter(Layout)


def layout_kept(bulk: BulkImport) -> Layout:
    return _layout(bulk.layout)


def import_make(*, brings: Brings, file_name: str, size: int, by: AbstractBaseUser | None = None) -> BulkImport:
    """Room for a file that is about to be uploaded."""
    if size > most_bytes():
        raise Unreadable("too_large")
    if size == 0:
        raise Unreadable("empty")
    return BulkImport.objects.create(brings=brings, file_name=file_name[-120:], size=size, by_id=by.pk if by else None)


def import_look(bulk: BulkImport, file: BinaryIO) -> None:
    """What its columns are, as far as can be guessed; raises Unreadable, and nothing is kept of the file."""
    try:
        layout = layout_of(file)
        sample = [row.cells for _, row in zip(range(_SAMPLE), rows_of(file, layout), strict=False)]
        if not sample:
            raise Unreadable("no_rows")
    except Unreadable as error:
        _end(bulk, BulkState.FAILED, error=error.why)
        raise
    bulk.layout, bulk.digest, bulk.state = msgspec.to_builtins(layout), digest_of(file), BulkState.READY
    bulk.columns = naming.guessed(Brings(bulk.brings), layout.headings, sample)
    before = BulkImport.objects.filter(digest=bulk.digest, brings=bulk.brings).exclude(pk=bulk.pk).order_by("told_at")
    # the same file says what it said then, however much later it comes again
    bulk.told_at = before.values_list("told_at", flat=True).first() or timezone.now()
    bulk.save()


def columns_set(bulk: BulkImport, columns: Sequence[str]) -> None:
    """What staff say each column is; one of two that are said to be the same is left out."""
    if bulk.state != BulkState.READY:
        raise NotReady
    allowed, seen = set(naming.OF[Brings(bulk.brings)]), set[str]()
    chosen = []
    for name in columns[: len(layout_kept(bulk).headings)]:
        fits = name in allowed - seen
        seen |= {name} if fits else set()
        chosen.append(name if fits else "")
    BulkImport.objects.filter(pk=bulk.pk, state=BulkState.READY).update(columns=chosen)
    bulk.columns = chosen


@transaction.atomic
def import_start(bulk: BulkImport) -> None:
    ready = BulkImport.objects.filter(pk=bulk.pk, state=BulkState.READY)
    if naming.lacking(Brings(bulk.brings), bulk.columns) or not ready.update(state=BulkState.RUNNING, due_at=Now()):
        raise NotReady
    if not bulk.is_local:
        ring_imports([bulk.pk], priority=BULK)


def import_unreadable(bulk: BulkImport, why: str) -> bool:
    """Found while it waited to be started."""
    return _end(bulk, BulkState.FAILED, error=why, owner="")


def import_cancel(bulk: BulkImport) -> bool:
    """What came in stays; whether it was still open."""
    return _end(bulk, BulkState.CANCELLED)


def import_go_on(bulk_id: UUID, *, file: BinaryIO | None = None, progress: Progress = lambda _: None) -> None:
    """File chunk by chunk, from where it stopped. Killed, somebody else goes on once the lease has ended."""
    bulk = _claimed(bulk_id)
    if bulk is None:
        return
    try:
        for chunk in batched(rows_of(file or file_of(bulk), layout_kept(bulk), after=bulk.last_row), AT_ONCE):
            if not _chunk_take(bulk, chunk):
                return
            progress(bulk)
    except Unreadable as error:
        _end(bulk, BulkState.FAILED, error=error.why, owner=bulk.owner)
        return
    _end(bulk, BulkState.DONE, owner=bulk.owner)


@transaction.atomic
def imports_ring_due() -> int:
    """Those whose worker died, and those whose bell was lost; and what nobody started within a day is let go."""
    forgotten = Q(state__in=HAS_FILE[:2]) | Q(state=BulkState.RUNNING, is_local=True)
    for old in BulkImport.objects.filter(forgotten, due_at__lt=Now() - KEPT_WAITING)[:20]:
        import_cancel(old)
    open_work = Q(state=BulkState.RUNNING, is_local=False) | Q(is_enriching=True)
    due = BulkImport.objects.filter(open_work, due_at__lte=Now())
    ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:20])
    # without its owner, else whoever hears the bell would find a lease that has just begun
    BulkImport.objects.filter(pk__in=ids).update(owner="", due_at=Now() + timedelta(seconds=10))
    ring_imports(ids, priority=BULK)
    return len(ids)


def files_drop() -> int:
    """Nobody can look into a file that waits: whoever is forgotten may be in it."""
    waiting = list(BulkImport.objects.filter(state__in=HAS_FILE[:2], is_local=False))
    return sum(_end(bulk, BulkState.CANCELLED, error="dropped") for bulk in waiting)


def _claimed(bulk_id: UUID) -> BulkImport | None:
    free = Q(owner="") | Q(due_at__lte=Now()) | Q(is_local=True)
    # a bell that rings while somebody is at work finds the lease and goes away
    claimed = BulkImport.objects.filter(free, pk=bulk_id, state=BulkState.RUNNING)
    if not claimed.update(owner=lease_owner(), due_at=Now() + LEASE):
        return None
    return BulkImport.objects.get(pk=bulk_id)


def _chunk_take(bulk: BulkImport, chunk: Sequence[Row]) -> bool:
    """Whether it is still ours. Who loses a race for a record finds it at the next try."""
    for tried in range(1, _TRIES + 1):
        try:
            with transaction.atomic():
                return _chunk_file(bulk, chunk)
        except (Overtaken, DatabaseError):
            if tried == _TRIES:
                raise
    return False


@dataclass(slots=True)
class _Chunk:
    filed: Filed
    rows: list[Told]


def _chunk_file(bulk: BulkImport, chunk: Sequence[Row]) -> bool:
    told = chunk_told(bulk, chunk)
    cells = {row.number: row.cells for row in chunk}
    rows_copy([_refusal(bulk, row, cells[row.row]) for row in told.rows if row.why])
    if bulk.brings != Brings.PROPERTIES:
        _remember(bulk, told.filed.everybody)
    counts = Counter(
        made=len(told.filed.made),
        changed=len(told.filed.changed),
        unchanged=len(told.filed.unchanged),
        refused=sum(bool(row.refused) for row in told.rows),
        rows_read=len(chunk),
    )
    # cancelled meanwhile, or taken over: then nothing of this chunk stays
    held = BulkImport.objects.filter(pk=bulk.pk, owner=bulk.owner, state=BulkState.RUNNING)
    added = {name: F(name) + count for name, count in counts.items()}
    if not held.update(last_row=chunk[-1].number, due_at=Now() + LEASE, **added):
        transaction.set_rollback(True)
        return False
    bulk.refresh_from_db(fields=[*counts, "last_row"])
    return True


def chunk_told(bulk: BulkImport, chunk: Sequence[Row]) -> _Chunk:
    rows = [(row, named(row, bulk.columns)) for row in chunk]
    told = [told_by(row.number, values, Brings(bulk.brings), bulk.told_at) for row, values in rows]
    if bulk.brings == Brings.PROPERTIES:
        places = [property_told(owner, values) for owner, (_row, values) in zip(told, rows, strict=True)]
        return _Chunk(sparing_the_forgotten(told, lambda: properties_file(places)), told)
    return _Chunk(sparing_the_forgotten(told, lambda: parties_file(told)), told)


def named(row: Row, columns: Sequence[str]) -> dict[str, str]:
    return {name: cell for name, cell in zip(columns, row.cells, strict=False) if name and cell}


def _refusal(bulk: BulkImport, row: Told, cells: list[str]) -> BulkRefusal:
    kept = [] if row.refused == FORGOTTEN else [cell[:500] for cell in cells]
    return BulkRefusal(bulk_import=bulk, row=row.row, is_whole=bool(row.refused), why=row.why, cells=kept)


def _remember(bulk: BulkImport, parties: Iterable[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_PARTIES, [bulk.pk, list(parties)])


@transaction.atomic
def _end(bulk: BulkImport, state: BulkState, *, error: str = "", owner: str | None = None) -> bool:
    """With the file gone from here."""
    mine = BulkImport.objects.filter(pk=bulk.pk, state__in=HAS_FILE)
    if owner is not None:
        mine = mine.filter(owner=owner)
    ended = mine.update(state=state, error=error, finished_at=Now(), owner="")
    if ended:
        BulkChunk.objects.filter(bulk_import=bulk).delete()
    bulk.refresh_from_db(fields=["state", "error", "finished_at"])
    return bool(ended)
