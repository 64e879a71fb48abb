"""Workbooks that others made: what unpacks to more than it may is refused before it is unpacked."""

import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from typing import Any, BinaryIO

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError

from enrichment.bulk.unreadable import Unreadable, Why

_MB = 1024 * 1024
MOST_ENTRIES = 500
MOST_UNPACKED, MOST_WORDS, MOST_OTHER = 1024 * _MB, 200 * _MB, 20 * _MB
# a table of one value again and again packs to a hundredth; what packs to less is made to hurt
MOST_RATIO = 300
LAST_ROW, MOST_BLANK = 1_048_576, 10_000
_SMALL = _MB
_HEAD = 64 * 1024
_SIZE = re.compile(rb'<dimension [^>]*ref="[A-Z]+[0-9]+:[A-Z]+([0-9]{1,7})"')
_NEEDED = {"[Content_Types].xml", "xl/workbook.xml"}
# openpyxl meets a broken workbook with whatever its own code raises
_BROKEN = (
    zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError, IndexError, AttributeError,
    EOFError, OSError, NotImplementedError, RuntimeError,
)  # fmt: skip


def rows(file: BinaryIO, most_columns: int) -> Iterator[list[str]]:
    """Of the first sheet that is a table."""
    sheet = _sheet(file)
    # what it says of its own size is not to be believed: a cell at the far end would widen every row
    sheet.reset_dimensions()
    try:
        for cells in sheet.iter_rows(values_only=True):
            if len(cells) > most_columns and any(cell is not None for cell in cells[most_columns:]):
                raise Unreadable("too_many_columns")
            yield [_as_text(cell) for cell in cells[:most_columns]]
    except _BROKEN as error:
        raise Unreadable(_why(error)) from None


def row_count(file: BinaryIO) -> int:
    """As the sheet says itself, else by its beginning; it is an estimate."""
    sheet = _sheet(file)
    entry = sheet.parent._archive.getinfo(sheet._worksheet_path)
    with sheet._get_source() as source:
        head = source.read(_HEAD)
    told = _SIZE.search(head)
    rows = int(told[1]) if told else head.count(b"<row") * entry.file_size // max(1, len(head))
    return min(rows, LAST_ROW)


# asked again and again while a workbook is unpacked and read, and raises where that is to end
_may_go_on: ContextVar[Callable[[], None]] = ContextVar("may_go_on", default=lambda: None)


@contextmanager
def asking(may_go_on: Callable[[], None]) -> Iterator[None]:
    token = _may_go_on.set(may_go_on)
    try:
        yield
    finally:
        _may_go_on.reset(token)


@cache
def _opener() -> Callable[..., Any]:
    """openpyxl's; the import costs a tenth of a second and 10 MB, which only who reads workbooks should pay."""
    from openpyxl.reader import excel
    from openpyxl.worksheet._reader import WorkSheetParser

    class GuardedSheet(excel.ReadOnlyWorksheet):
        def _get_size(self) -> None:
            """Where a sheet does not tell its size, all of it would be read on opening to find that out."""

        def _cells_by_row(
            self, min_col: int, min_row: int, max_col: int | None, max_row: int | None, values_only: bool = False
        ) -> Iterator[Any]:
            """A row says itself which one it is, and those that are left out in between are made up: not too many."""
            book, last, blank = self.parent, 0, 0
            with self._get_source() as source:
                parser = WorkSheetParser(
                    source,
                    self._shared_strings,
                    data_only=book.data_only,
                    epoch=book.epoch,
                    date_formats=book._date_formats,
                    timedelta_formats=book._timedelta_formats,
                )
                for number, cells in parser.parse():
                    blank += number - last - 1
                    if not last < number <= LAST_ROW or blank > MOST_BLANK:
                        raise Unreadable("gaps")
                    for _ in range(last + 1, number):
                        yield ()
                    yield self._get_row(cells, min_col, max_col, values_only)
                    last = number

    excel.ReadOnlyWorksheet, excel.ZipFile = GuardedSheet, _GuardedZip
    return excel.load_workbook


class _GuardedZip(zipfile.ZipFile):
    """Whatever of it is unpacked, before each piece it is asked whether that may go on."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        part = super().open(*args, **kwargs)
        read = part.read

        def asked(size: int = -1) -> bytes:
            _may_go_on.get()()
            return read(size)

        part.read = asked  # type: ignore[method-assign]
        return part


def _sheet(file: BinaryIO) -> Any:
    _refuse_bombs(file)
    try:
        book = _opener()(file, read_only=True, data_only=True, keep_links=False)
        return next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
    except (*_BROKEN, StopIteration) as error:
        raise Unreadable(_why(error)) from None


def _why(error: BaseException | None) -> Why:
    """openpyxl wraps what the parser refused."""
    while error is not None:
        if isinstance(error, DefusedXmlException):
            return "bomb"
        error = error.__cause__ or error.__context__
    return "broken"


def _refuse_bombs(file: BinaryIO) -> None:
    file.seek(0)
    try:
        entries = zipfile.ZipFile(file).infolist()
    except _BROKEN:
        raise Unreadable("broken") from None
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise Unreadable("bomb")
    if any(_hurts(entry) for entry in entries):
        raise Unreadable("bomb")
    if not {entry.filename for entry in entries} >= _NEEDED:
        raise Unreadable("not_a_table")


def _hurts(entry: zipfile.ZipInfo) -> bool:
    """Sheets are read row by row, everything else at once."""
    if entry.file_size > _SMALL and entry.file_size > entry.compress_size * MOST_RATIO:
        return True
    if entry.filename.startswith("xl/worksheets/"):
        return False
    return entry.file_size > (MOST_WORDS if entry.filename.endswith("sharedStrings.xml") else MOST_OTHER)


def _as_text(value: Any) -> str:
    """As somebody would have typed it: a document that became a number has no decimal point."""
    match value:
        case None:
            return ""
        case bool():
            return "sim" if value else "não"
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            return value.date().isoformat() if not (value.hour or value.minute) else value.isoformat(" ")
        case date():
            return value.isoformat()
    return str(value).strip()
