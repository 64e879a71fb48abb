"""Why a file is not read and why a row does not come in, in staff's words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from enrichment.bulk.columns import COLUMNS
from enrichment.bulk.unreadable import Why
from parties.admin.refused import WHY as OF_IDENTIFIERS

FILES: dict[Why, Any] = {
    "empty": _("The file is empty."),
    "not_a_table": _("This is no table: a CSV file or an Excel workbook (.xlsx) is needed."),
    "old_excel": _("This is an Excel file of the old kind, or one with a password: save it as .xlsx or as CSV."),
    "nuls": _("This is no text: there are bytes in it that no CSV file has."),
    "one_column": _("Only one column was found: separate the columns by a semicolon, a comma, a tab or a bar."),
    "too_many_columns": _("There are more than 200 columns: keep those that are to come in."),
    "too_many_rows": _("There are more than a million rows: divide the file."),
    "no_rows": _("There is nothing below the headings."),
    "broken": _("The workbook is damaged: open it in Excel and save it again."),
    "bomb": _("The workbook unpacks to more than it may, or does what no workbook should: it is not read."),
    "too_large": _("The file is larger than it may be: divide it."),
    "broken_quotes": _("A quotation mark that is never closed swallows the rows after it."),
    "gaps": _("The rows of the workbook are not numbered one after the other: save it again in Excel, or as CSV."),
    "too_slow": _("It takes too long to read: save it as CSV, or divide it."),
    "incomplete": _("The file did not arrive whole: upload it again."),
}
# how it may go with the enriching of who came in
SPENT, REFUSED, WAITS, NO_PRICE = "budget", "provider_refused", "provider_away", "no_price"
DROPPED = _("Somebody asked to be forgotten while the file was waiting, and might be in it: upload it again.")
_ENDINGS: dict[str, Any] = {
    **{str(why): said for why, said in FILES.items()},
    "dropped": DROPPED,
    SPENT: _("The budget does not allow for another person: whoever is left was not asked about."),
    REFUSED: _("A provider refused, or failed again and again: nobody else is asked about until it is ordered again."),
    WAITS: _("A provider cannot be asked just now: it goes on by itself."),
    NO_PRICE: _("What a call costs is not set (PRICE_DIRETRIX, PRICE_WORK_API): no budget could be kept."),
}
_ROWS: dict[str, Any] = {
    "row:forgotten": _("Somebody who asked to be forgotten: never brought in again."),
    "row:no_contact": _("No phone and no e-mail."),
    "row:nobody": _("Neither a document, nor a name with a contact: nobody could be known again by this."),
    "row:no_property": _("The IPTU number or the city is missing."),
}
_VALUES: dict[str, Any] = {
    "fake": _("A placeholder, nobody's own."),
    "not_a_name": _("This is no name."),
    "not_a_date": _("This is no date."),
}
_WHY = {**_VALUES, **{str(reason): said for reason, said in OF_IDENTIFIERS.items()}}


def said_of_file(why: str) -> Any:
    """Also of how its import went."""
    return _ENDINGS.get(why, why)


def said_of_row(code: str) -> str:
    """`phone:too_short` → Phone: This is shorter than it must be."""
    if code in _ROWS:
        return str(_ROWS[code])
    column, _colon, why = code.partition(":")
    known = COLUMNS.get(column)
    return f"{known.label if known else column}: {_WHY.get(why, why)}"
