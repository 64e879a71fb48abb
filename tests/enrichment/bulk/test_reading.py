"""Tables in whatever dress they come; what is none is refused with one reason, and unpacks nothing."""

import io
import struct
import time
from collections.abc import Callable
from datetime import date

import msgspec
import pytest

from enrichment.bulk import reading, workbook
from enrichment.bulk.columns import guessed, lacking
from enrichment.bulk.reading import layout_of, rows_of, within
from enrichment.bulk.unreadable import WHYS, Unreadable
from enrichment.bulk.words import FILES, said_of_row
from enrichment.models import Brings
from tests.enrichment.bulk.files import HEAD, MAIN, as_csv, as_xlsx, people, sheet, tampered, with_words

ROWS = (HEAD, *people(3))
_BILLION_LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><w>&c;</w>"""


def read(content: bytes) -> list[list[str]]:
    file = io.BytesIO(content)
    return [row.cells for row in rows_of(file, layout_of(file))]


def why_not(content: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        read(content)
    return refused.value.why


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
def test_every_usual_encoding_and_separator_gives_the_same_rows(encoding: str, separator: str) -> None:
    assert read(as_csv(ROWS, separator=separator, encoding=encoding)) == [list(row) for row in people(3)]


def test_quoted_cells_hold_separators_and_line_ends_and_empty_rows_are_passed_over() -> None:
    told = 'Nome;Telefone;Obs\r\n"PRADO; ANA";(11) 98765-4321;"a\nb"\r\n\r\n;;\r\nBIA;;\r\n'
    file = io.BytesIO(told.encode())
    rows = [(row.number, row.cells) for row in rows_of(file, layout_of(file))]
    assert rows == [(2, ["PRADO; ANA", "(11) 98765-4321", "a\nb"]), (5, ["BIA", "", ""])]


def test_a_workbook_gives_what_somebody_would_have_typed() -> None:
    told = [("Nome", "CPF", "Nascimento", "Ativo"), ("ANA", 52998224725.0, date(1984, 3, 14), True), (None, 1.5)]
    assert read(as_xlsx(told)) == [["ANA", "52998224725", "1984-03-14", "sim"], ["", "1.5"]]


def test_a_file_without_headings_is_all_rows() -> None:
    assert len(read(as_csv(people(3)))) == 3


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x07" * 99, "not_a_table"),
        (b"%PDF-1.7\n", "not_a_table"),
        (b"<html><body>a;b</body></html>", "not_a_table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old_excel"),
        (b"a;b\n1;" + b"\x00" * 9 + b"2\n", "nuls"),
        (b"a;b\n1;2\n" * 2000 + b"\x00", "nuls"),
        (b"Nome\nANA\nBIA\n", "one_column"),
        (b";".join([b"a"] * 10_000) + b"\n", "too_many_columns"),
        (b'a;b\n"never closed;1\n' + b"x;y\n" * 60_000, "broken_quotes"),
        (b"PK\x03\x04 but no archive", "broken"),
        (tampered({"xl/workbook.xml": b"<workbook"}), "broken"),
        (tampered({"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row"}), "broken"),
        (as_xlsx([["a", *[""] * 299, "far"]]), "too_many_columns"),
    ],
)
def test_rubbish_gets_one_reason(content: bytes, why: str) -> None:
    assert why_not(content) == why


@pytest.mark.parametrize(
    "bomb",
    [
        lambda: tampered({"xl/worksheets/sheet1.xml": sheet(" " * 30_000_000)}),
        lambda: tampered({"xl/styles.xml": bytes(range(256)) * 90_000}),
        lambda: tampered({f"xl/media/{n}.png": b"" for n in range(workbook.MOST_ENTRIES)}),
        lambda: tampered({"xl/workbook.xml": _BILLION_LAUGHS}),
        lambda: with_words(_BILLION_LAUGHS),
        lambda: tampered({"xl/worksheets/sheet1.xml": _BILLION_LAUGHS}),
    ],
    ids=["ratio", "size", "entries", "entities-book", "entities-words", "entities-sheet"],
)
def test_a_workbook_that_unfolds_is_refused_unread(bomb: Callable[[], bytes]) -> None:
    """Made where it is read: every process collects this file."""
    assert why_not(bomb()) == "bomb"


def test_a_workbook_that_says_it_unpacks_to_gigabytes_is_refused_for_saying_so() -> None:
    content = as_xlsx(ROWS)
    entry = content.index(b"PK\x01\x02")
    lying = content[: entry + 24] + struct.pack("<I", 0xF0000000) + content[entry + 28 :]
    assert why_not(lying) == "bomb"


def rows_numbered(*numbers: int) -> bytes:
    """Two columns, so that it is a table."""
    cell = '<c t="inlineStr"><is><t>a</t></is></c>'
    rows = "".join(f'<row r="{number}">{cell * 2}</row>' for number in numbers)
    return tampered({"xl/worksheets/sheet1.xml": sheet(rows)})


@pytest.mark.parametrize("numbers", [(99_999_999_999,), (1, 2_000_000), (1, 1_048_577), (1, 60_000), (3, 2), (5, 5)])
def test_rows_out_of_range_or_far_apart_are_refused_at_once(numbers: tuple[int, ...]) -> None:
    began = time.process_time()
    assert why_not(rows_numbered(*numbers)) == "gaps"
    assert time.process_time() - began < 1


def test_blank_rows_are_counted_as_a_spreadsheet_counts_them() -> None:
    file = io.BytesIO(rows_numbered(2, 5))
    layout = layout_of(file)
    assert [row.number for row in rows_of(file, msgspec.structs.replace(layout, has_headings=False))] == [2, 5]


def test_a_workbook_that_takes_too_long_is_given_up_in_the_middle() -> None:
    words = f"<sst {MAIN}>{''.join(f'<si><t>{n * 7919 % 10**9}</t></si>' for n in range(200_000))}</sst>".encode()
    file = io.BytesIO(with_words(words))
    began = time.monotonic()
    with pytest.raises(Unreadable, match="too_slow"), within(0.05):
        layout_of(file)
    assert time.monotonic() - began < 2


def test_words_that_excel_keeps_apart_are_found() -> None:
    words = f"<sst {MAIN}><si><t>Nome</t></si><si><t>CPF</t></si><si><t>ANA</t></si></sst>".encode()
    cells = "".join(
        f'<row r="{row}"><c r="A{row}" t="s"><v>{a}</v></c><c r="B{row}" t="s"><v>{b}</v></c></row>'
        for row, a, b in ((1, 0, 1), (2, 2, 2))
    )
    assert read(with_words(words, cells)) == [["ANA", "ANA"]]


def test_a_cell_at_the_far_end_widens_no_other_row() -> None:
    cells = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1"><v>1</v></c></row>'
    far = sheet(cells).replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>')
    file = io.BytesIO(tampered({"xl/worksheets/sheet1.xml": far}))
    assert len(layout_of(file).headings) == 2


@pytest.mark.parametrize("dimension", ["", '<dimension ref="A1:D901"/>'])
def test_a_sheet_is_opened_without_reading_it_whole_and_its_rows_are_estimated(dimension: str) -> None:
    rows = "".join(
        f'<row r="{n}"><c t="inlineStr"><is><t>Nome {n}</t></is></c><c><v>{n}</v></c></row>' for n in range(1, 901)
    )
    far = (
        sheet(rows)
        .replace(b"<sheetData>", dimension.encode() + b"<sheetData>")
        .replace(b"</worksheet>", b"<never closed")
    )
    file = io.BytesIO(tampered({"xl/worksheets/sheet1.xml": far}))
    assert layout_of(file).rows in (900, 901)
    with pytest.raises(Unreadable, match="broken"):
        list(rows_of(file, layout_of(file)))


def test_a_million_rows_are_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 2)
    assert why_not(as_csv(ROWS)) == "too_many_rows"


@pytest.mark.parametrize(
    ("headings", "columns"),
    [
        (HEAD, ["name", "document", "phone", "email"]),
        (("Full name", "Tax ID", "Mobile", "E-mail address"), ["name", "document", "phone", "email"]),
        (("CLIENTE", "Celular", "Telefone", "Whats", "Obs"), ["name", "phone", "phone2", "whatsapp", ""]),
        (("Razão Social", "CNPJ", "Fone 1", "Telefone comercial"), ["name", "document", "phone", "phone3"]),
        (("a", "b", "c", "d"), ["name", "document", "phone", "email"]),
    ],
)
def test_columns_are_guessed_by_their_headings_and_else_by_what_stands_in_them(
    headings: list[str], columns: list[str]
) -> None:
    sample = people(5) if headings[0] == "a" else []
    assert guessed(Brings.CONTACTS, headings, sample) == columns
    assert not lacking(Brings.CONTACTS, columns)


def test_what_is_lacking_is_named() -> None:
    assert lacking(Brings.CONTACTS, ["name", ""]) == ["phone"]
    assert lacking(Brings.PROPERTIES, ["street"]) == ["iptu_number", "city"]


def test_every_reason_has_its_words() -> None:
    assert set(FILES) == set(WHYS)
    assert said_of_row("phone:too_short") == "Phone: This is shorter than it must be."
