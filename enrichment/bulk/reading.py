"""What kind of table a file is, and its rows one by one: never the whole of it in memory."""

import codecs
import csv
import hashlib
import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO, TypeVar

import msgspec

from enrichment.bulk import workbook
from enrichment.bulk.unreadable import Unreadable
from parties.identifiers import CNPJ, CPF, Email, Phone, Refused

T = TypeVar("T")

MOST_ROWS, MOST_COLUMNS = 1_000_000, 200
SEPARATORS = ",;\t|"
_BLOCK, _SAMPLE_ROWS = 1024 * 1024, 50
_WORKBOOK, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# files that somebody takes for a table by their name
_OTHERS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BM", b"<", b"{\\rtf")
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class Layout(msgspec.Struct, frozen=True):
    """How a file is read."""

    format: str
    headings: list[str]
    has_headings: bool
    # how many rows there are at most
    rows: int
    encoding: str = ""
    separator: str = ""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Whoever waits for it on a page waits no longer than this; raises Unreadable."""
    until = time.monotonic() + seconds

    def may_go_on() -> None:
        if time.monotonic() > until:
            raise Unreadable("too_slow")

    with workbook.asking(may_go_on):
        yield


class Row(msgspec.Struct, frozen=True):
    number: int
    cells: list[str]


def digest_of(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    for block in iter(lambda: file.read(_BLOCK), b""):
        digest.update(block)
    return digest.hexdigest()


def layout_of(file: BinaryIO) -> Layout:
    """Raises Unreadable."""
    file.seek(0)
    head = file.read(4096)
    if not head.strip(b"\x00\r\n\t \xef\xbb\xbf"):
        raise Unreadable("empty")
    if head.startswith(_WORKBOOK):
        rows = workbook.row_count(file)
        return _headed(Layout("xlsx", [], True, rows), file)
    if head.startswith(_OLD_EXCEL):
        raise Unreadable("old_excel")
    if head.startswith(_OTHERS):
        raise Unreadable("not_a_table")
    encoding, lines = _encoding_of(file, head)
    layout = Layout("csv", [], True, lines, encoding=encoding, separator=_separator(file, encoding))
    return _headed(layout, file)


def rows_of(file: BinaryIO, layout: Layout, *, after: int = 0) -> Iterator[Row]:
    """Those with something in them, counted as a spreadsheet counts them; from the row after the given one."""
    first = max(after, 1 if layout.has_headings else 0)
    read = 0
    for number, cells in enumerate(_raw(file, layout), start=1):
        if number > first and any(cells):
            read += 1
            if read > MOST_ROWS:
                raise Unreadable("too_many_rows")
            yield Row(number, cells)


def _raw(file: BinaryIO, layout: Layout) -> Iterator[list[str]]:
    if layout.format == "xlsx":
        yield from workbook.rows(file, MOST_COLUMNS)
        return
    text = _text(file, layout.encoding)
    try:
        for cells in csv.reader(text, delimiter=layout.separator):
            if len(cells) > MOST_COLUMNS:
                raise Unreadable("too_many_columns")
            yield [cell.strip() for cell in cells]
    except csv.Error:
        raise Unreadable("broken_quotes") from None
    finally:
        text.detach()


def _headed(layout: Layout, file: BinaryIO) -> Layout:
    rows = (cells for cells in _raw(file, layout) if any(cells))
    first = next(rows, None)
    if first is None:
        raise Unreadable("empty")
    widest = max([len(first), *(len(cells) for cells in islice(rows, _SAMPLE_ROWS))])
    if widest < 2:
        raise Unreadable("one_column")
    has_headings = not any(_is_datum(cell) for cell in first)
    headings = [*first, *[""] * (widest - len(first))] if has_headings else [""] * widest
    return msgspec.structs.replace(layout, headings=[h[:100] for h in headings], has_headings=has_headings)


def _is_datum(cell: str) -> bool:
    """No heading looks like somebody's number or address."""
    return any(not isinstance(kind.parse(cell), Refused) for kind in (Email, Phone, CPF, CNPJ)) if cell else False


def _encoding_of(file: BinaryIO, head: bytes) -> tuple[str, int]:
    """By its mark; else UTF-8 where all of it is that, else what Windows writes. And how many lines there are."""
    if encoding := _UTF_16.get(head[:2]) or _unmarked_utf_16(head):
        return encoding, _lines(file, b"\n")
    if b"\x00" in head:
        raise Unreadable("nuls")
    file.seek(0)
    decoder, is_utf_8, lines = codecs.getincrementaldecoder("utf-8")(), True, 0
    for block in iter(lambda: file.read(_BLOCK), b""):
        if b"\x00" in block:
            raise Unreadable("nuls")
        lines += block.count(b"\n")
        is_utf_8 = is_utf_8 and _decodes(decoder, block)
    # cp1252 leaves five bytes without a meaning; latin-1 none
    return ("utf-8-sig" if is_utf_8 else "cp1252"), lines + 1


def _unmarked_utf_16(head: bytes) -> str:
    pairs = len(head) // 2
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        if pairs and zeros.count(0) > pairs * 0.7:
            return encoding
    return ""


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes) -> bool:
    try:
        decoder.decode(block)
    except UnicodeDecodeError:
        return False
    return True


def _lines(file: BinaryIO, end: bytes) -> int:
    file.seek(0)
    return 1 + sum(block.count(end) for block in iter(lambda: file.read(_BLOCK), b""))


def _text(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    file.seek(0)
    return io.TextIOWrapper(file, encoding, errors="replace", newline="")


def _separator(file: BinaryIO, encoding: str) -> str:
    """The one that parts most rows into equally many columns, and into most of them."""
    text = _text(file, encoding)
    sample = text.read(_BLOCK // 4)
    text.detach()
    return max(SEPARATORS, key=lambda separator: _fit(sample, separator))


def _fit(sample: str, separator: str) -> tuple[float, int]:
    try:
        rows = list(islice(csv.reader(io.StringIO(sample, newline=""), delimiter=separator), _SAMPLE_ROWS))
    except csv.Error:
        return 0.0, 0
    widths = [len(row) for row in rows if any(row)]
    usual = max(set(widths), key=widths.count, default=0)
    return (widths.count(usual) / len(widths) if usual > 1 else 0.0), usual


def batched(rows: Iterator[T], size: int) -> Iterator[Sequence[T]]:
    while batch := list(islice(rows, size)):
        yield batch
