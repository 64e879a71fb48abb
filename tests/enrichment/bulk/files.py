"""Files as people make them, and files as nobody should."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence

from openpyxl import Workbook

from enrichment.bulk.importing import import_go_on, import_look, import_make, import_start
from enrichment.models import Brings, BulkImport
from tests.back_office import cpf_of

Rows = Iterable[Sequence[object]]
HEAD = ("Nome", "CPF", "Telefone", "E-mail")
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_SHEET = f"<worksheet {MAIN}><sheetData>{{}}</sheetData></worksheet>"


def people(count: int, first: int = 0) -> list[tuple[str, str, str, str]]:
    return [
        (f"JOÃO {_word(n)} PRADO", cpf_of(n), f"(11) 98{n:03d}-4321", f"joao.{n}@example.com")
        for n in range(first, first + count)
    ]


def _word(n: int) -> str:
    return "".join(chr(ord("A") + int(digit)) for digit in f"{n:04d}")


def as_csv(rows: Rows, *, separator: str = ";", encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue().encode(encoding)


def as_xlsx(rows: Rows) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(list(row))
    book.save(out)
    return out.getvalue()


def tampered(entries: dict[str, bytes]) -> bytes:
    """A real workbook with some of its parts replaced or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_xlsx((HEAD, *people(2))))) as real,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in real.namelist():
            made.writestr(name, entries.get(name, real.read(name)))
        for name in entries.keys() - set(real.namelist()):
            made.writestr(name, entries[name])
    return out.getvalue()


def with_words(words: bytes, cells: str = "") -> bytes:
    """As Excel saves it: the words of all cells in a part of their own."""
    with zipfile.ZipFile(io.BytesIO(as_xlsx([HEAD]))) as real:
        types = real.read("[Content_Types].xml")
    part = b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    types = types.replace(b"</Types>", part + b'spreadsheetml.sharedStrings+xml"/></Types>')
    parts = {"[Content_Types].xml": types, "xl/sharedStrings.xml": words}
    return tampered(parts | ({"xl/worksheets/sheet1.xml": sheet(cells)} if cells else {}))


def sheet(cells: str) -> bytes:
    return _SHEET.format(cells).encode()


def looked_at(content: bytes, brings: Brings = Brings.CONTACTS) -> BulkImport:
    bulk = import_make(brings=brings, file_name="people.csv", size=len(content) or 1)
    bulk.is_local = True
    import_look(bulk, io.BytesIO(content))
    return bulk


def brought_in(content: bytes, brings: Brings = Brings.CONTACTS) -> BulkImport:
    bulk = looked_at(content, brings)
    import_start(bulk)
    import_go_on(bulk.pk, file=io.BytesIO(content))
    bulk.refresh_from_db()
    return bulk
