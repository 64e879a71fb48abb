"""The rows that did not come in, as a table to put right and bring in again."""

from collections.abc import Callable, Iterator

from django.utils.translation import gettext

from enrichment.bulk.words import said_of_row
from enrichment.models import BulkImport


def refused_rows(bulk: BulkImport, *, shown: Callable[[str], str] = str) -> Iterator[list[object]]:
    """Under the file's own headings; `shown` masks what whoever asks may not see."""
    yield [gettext("Row"), gettext("Refused"), gettext("Why"), *bulk.layout["headings"]]
    for refusal in bulk.refusals.order_by("row").iterator(chunk_size=500):
        why = " ".join(said_of_row(code) for code in refusal.why.split())
        is_whole = gettext("yes") if refusal.is_whole else gettext("no, it came in without this")
        yield [refusal.row, is_whole, why, *map(shown, refusal.cells)]
