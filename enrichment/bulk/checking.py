"""A look before anything is filed: the first rows with what is wrong in them, and how the first thousands fare."""

from collections import Counter
from itertools import islice
from typing import BinaryIO

import msgspec

from c2s_enrich import sealed_cache
from enrichment.bulk.importing import layout_kept, named
from enrichment.bulk.properties import property_told
from enrichment.bulk.reading import Row, rows_of
from enrichment.bulk.told import Told, told_by
from enrichment.models import Brings, BulkImport

ROWS_SHOWN, ROWS_CHECKED = 20, 5000
KEPT_SECONDS = 1800
_PURPOSE = "import check"


class Checked(msgspec.Struct, frozen=True):
    number: int
    cells: list[str]
    # `phone:too_short`
    refused: str
    left_out: list[str]


class Check(msgspec.Struct, frozen=True):
    """How the first rows would fare; whether the file ends with them."""

    shown: list[Checked]
    rows: int
    refused: int
    reasons: list[tuple[str, int]]
    is_all: bool


def check(bulk: BulkImport, file: BinaryIO) -> Check:
    """Remembered for half an hour by the file's own hash, the kind and the columns: sealed, as all that is cached."""
    name = (_PURPOSE, f"{bulk.digest}:{bulk.brings}:{','.join(bulk.columns)}")
    if kept := sealed_cache.get_many([name]).get(name):
        return msgspec.json.decode(kept, type=Check)
    made = _check(bulk, file)
    sealed_cache.set_many({name: msgspec.json.encode(made)}, ttl=KEPT_SECONDS)
    return made


def _check(bulk: BulkImport, file: BinaryIO) -> Check:
    rows = list(islice(rows_of(file, layout_kept(bulk)), ROWS_CHECKED + 1))
    is_all = len(rows) <= ROWS_CHECKED
    told = [(row, _told(bulk, row)) for row in rows[:ROWS_CHECKED]]
    reasons = Counter(why for _, row in told for why in ([row.refused] if row.refused else row.left_out))
    return Check(
        shown=[Checked(r.number, [c[:200] for c in r.cells], t.refused, t.left_out) for r, t in told[:ROWS_SHOWN]],
        rows=len(told),
        refused=sum(bool(row.refused) for _, row in told),
        reasons=reasons.most_common(12),
        is_all=is_all,
    )


def _told(bulk: BulkImport, row: Row) -> Told:
    values = named(row, bulk.columns)
    told = told_by(row.number, values, Brings(bulk.brings), bulk.told_at)
    if bulk.brings == Brings.PROPERTIES:
        property_told(told, values)
    return told
