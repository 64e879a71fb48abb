"""Reading foreign JSON: any value may be of any type, and "nothing" is spelled in many ways."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

NOTHING = {"", "SEM INFORMACAO", "SEM INFORMAÇÃO", "NAO INFORMADO", "NÃO INFORMADO", "NULL", "NONE", "-"}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL refuses NUL and lone surrogates
_MONEY = re.compile(r"\d[\d.]*(?:,\d+)?")


def text(value: Any, limit: int = 255) -> str:
    """The value as one trimmed line; empty for every spelling of "no data"."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return ""
    line = " ".join(_UNSTORABLE.sub("", str(value)).split())
    return "" if line.upper() in NOTHING else line[:limit]


def block(value: Any, limit: int = 20_000) -> str:
    """Like `text`, with its line breaks."""
    return _UNSTORABLE.sub("", value).strip()[:limit] if isinstance(value, str) else ""


def section(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a list; a lone object counts as a list of one."""
    if isinstance(value, dict) and value:
        yield value
    elif isinstance(value, list):
        yield from (row for row in value if isinstance(row, dict))


def money(value: Any) -> Decimal | None:
    """`"6089,28"`, `"1.350.000,00"`, `1350000.0` → exact decimals; prose and negatives → None."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _decimal(repr(value))
    line = text(value).removeprefix("R$").strip()
    if "," in line:
        line = line.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d{1,3}(\.\d{3})+", line):
        line = line.replace(".", "")
    return _decimal(line)


def money_range(value: Any) -> tuple[Decimal | None, Decimal | None]:
    """`De R$ 1630 até R$ 4082` → both ends; `Acima de R$ 9000` and `Até R$ 800` → the one end there is."""
    line = text(value)
    ends = [money(found) for found in _MONEY.findall(line)]
    if len(ends) >= 2:
        return ends[0], ends[1]
    if not ends:
        return None, None
    upwards = re.search(r"(?i)acima|mais|partir|superior", line)
    return (ends[0], None) if upwards else (None, ends[0])


def day(value: Any) -> date | None:
    """`14/03/1984`, `1984-03-14`, with or without a time behind it."""
    head = text(value)[:10]
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            found = datetime.strptime(head, form).date()  # noqa: DTZ007  a calendar day has no zone
        except ValueError:
            continue
        return found if 1880 <= found.year <= 2100 else None
    return None


def whole(value: Any) -> int | None:
    number = money(value)
    return int(number) if number is not None and number == int(number) and number < 10**9 else None


def yes(value: Any) -> bool | None:
    """Yes, no, or unknown."""
    if isinstance(value, bool):
        return value
    return {
        "SIM": True,
        "S": True,
        "TRUE": True,
        "1": True,
        "NAO": False,
        "NÃO": False,
        "N": False,
        "FALSE": False,
        "0": False,
    }.get(text(value).upper())


def _decimal(line: str) -> Decimal | None:
    try:
        number = Decimal(line)
    except InvalidOperation:
        return None
    if not number.is_finite() or not 0 <= number < Decimal(10) ** 12:
        return None
    return number.quantize(Decimal("0.01"))
