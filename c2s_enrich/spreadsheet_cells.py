"""Cells that no spreadsheet program takes for a formula."""

from decimal import Decimal

Cell = str | int | float | Decimal

# a sheet reads full-width signs as their plain ones, and drops the blanks before them
_SIGNS = frozenset("=+-@＝＋－＠")
_BLANKS = frozenset("\t\r\n")
_MARK = "'"


def cell(value: object) -> Cell:
    """Numbers as they are; text that could be read as a formula is marked as text, so that it is shown, not run."""
    if value is None:
        return ""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return value
    text = str(value)
    return _MARK + text if looks_like_formula(text) else text


def looks_like_formula(text: str) -> bool:
    return text[:1] in _BLANKS or text.lstrip()[:1] in _SIGNS if text else False


def unmarked(text: str) -> str:
    """What stood in a cell before `cell` marked it."""
    return text[1:] if text.startswith(_MARK) and looks_like_formula(text[1:]) else text
