"""Rows given out as a spreadsheet, while they are being read: neither file is ever whole in memory or on disk."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from itertools import chain, islice
from typing import Any, cast
from zipfile import ZIP_DEFLATED, ZipFile

from c2s_enrich.spreadsheet_cells import Cell, cell

Row = Sequence[object]
_AT_ONCE = 64 * 1024
# Excel's own bounds: 1,048,576 rows a sheet, characters a cell
ROWS_A_SHEET = 1_000_000
_LONGEST_CELL = 32_000
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TIES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ROOT = (
    f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_TIES}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>'
)


def csv_bytes(rows: Iterable[Row]) -> Iterator[bytes]:
    """With the mark and the separator by which a Brazilian Excel reads accents and columns rightly."""
    sink = _Sink()
    writer = csv.writer(_Encoded(sink), delimiter=";", lineterminator="\r\n")
    sink.write("\ufeff".encode())
    for row in rows:
        writer.writerow([cell(value) for value in row])
        if sink.is_full:
            yield sink.taken()
    yield sink.taken()


def xlsx_bytes(rows: Iterable[Row]) -> Iterator[bytes]:
    """The first row heads every sheet; a further sheet begins where one is full."""
    sink, rest = _Sink(), iter(rows)
    head: Row = next(rest, ())
    names: list[str] = []
    with ZipFile(cast(Any, sink), "w", ZIP_DEFLATED, compresslevel=1) as book:
        following = next(rest, None)
        while following is not None or not names:
            names.append(f"sheet{len(names) + 1}")
            page = islice(chain([following] if following is not None else [], rest), ROWS_A_SHEET)
            with book.open(f"xl/worksheets/{names[-1]}.xml", "w") as part:
                part.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
                for row in chain([head], page):
                    part.write(_row(row))
                    if sink.is_full:
                        yield sink.taken()
                part.write(b"</sheetData></worksheet>")
            following = next(rest, None)
        for name, content in _frame(names).items():
            book.writestr(name, content)
    yield sink.taken()


KINDS: dict[str, tuple[str, Callable[[Iterable[Row]], Iterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", csv_bytes),
    "xlsx": (f"{_TYPE}.sheet", xlsx_bytes),
}


def _row(row: Row) -> bytes:
    return f"<row>{''.join(_cell(cell(value)) for value in row)}</row>".encode()


def _cell(value: Cell) -> str:
    if not isinstance(value, str):
        return f"<c><v>{value}</v></c>"
    text = escape(_ILLEGAL.sub("", value[:_LONGEST_CELL]), quote=False)
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>' if text else "<c/>"


def _frame(names: Sequence[str]) -> dict[str, str]:
    """What a workbook consists of besides its sheets."""
    numbered = list(enumerate(names, start=1))
    sheets = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="r{i}"/>' for i, n in numbered)
    ties = "".join(
        f'<Relationship Id="r{i}" Type="{_TIES}/worksheet" Target="worksheets/{n}.xml"/>' for i, n in numbered
    )
    parts = "".join(f'<Override PartName="/xl/worksheets/{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in names)
    return {
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_TIES}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{ties}</Relationships>',
        "_rels/.rels": _ROOT,
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>{parts}</Types>'
        ),
    }


class _Sink:
    """A file that is given out while it is written."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        """What zip files ask of a file that cannot be sought in."""

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= _AT_ONCE

    def taken(self) -> bytes:
        given, self._waiting = bytes(self._waiting), bytearray()
        return given


class _Encoded:
    def __init__(self, sink: _Sink) -> None:
        self._sink = sink

    def write(self, text: str) -> int:
        return self._sink.write(text.encode("utf-8", "replace"))
