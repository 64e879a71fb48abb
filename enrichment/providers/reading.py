"""Reading foreign JSON: any value may be of any type, and "nothing" is spelled in many ways."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

NOTHING = {"", "SEM INFORMACAO", "SEM INFORMAÇÃO", "NAO INFORMADO", "NÃO INFORMADO", "NULL", "NONE", "-"}
_LONGEST_NOTHING = max(map(len, NOTHING))
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL refuses NUL and lone surrogates
_AMOUNT = r"\d+(?:\.\d+)*(?:,\d+)?"
_REAIS = re.compile(rf"R\$\s*({_AMOUNT})", re.IGNORECASE)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")
_UPWARDS = re.compile("acima|mais|partir|superior", re.IGNORECASE)
_DOWNWARDS = re.compile("até|ate |menos|abaixo|inferior", re.IGNORECASE)
_DAY_FIRST = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)")
SEXES = {"M": "male", "MASCULINO": "male", "F": "female", "FEMININO": "female"}


def text(value: Any, limit: int = 255) -> str:
    """The value as one trimmed line; empty for every spelling of "no data"."""
    spelled = value if isinstance(value, str) else _spelled(value)
    # most of what is read is plain, and there is very much of it
    plain = spelled.isascii() and "\0" not in spelled
    line = " ".join((spelled if plain else unicodedata.normalize("NFC", _UNSTORABLE.sub("", spelled))).split())
    return "" if len(line) <= _LONGEST_NOTHING and line.upper() in NOTHING else line[:limit].rstrip()


def _spelled(value: Any) -> str:
    """A document or a phone that was once a number must not grow a decimal point."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and abs(value) >= 10**40:
        return ""
    return str(value)


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
        return _decimal(text(value))
    line = text(value).removeprefix("R$").strip()
    if line.rfind(".") > line.rfind(",") > 0:
        line = line.replace(",", "")
    elif "," in line:
        line = line.replace(".", "").replace(",", ".")
    elif _THOUSANDS.fullmatch(line):
        line = line.replace(".", "")
    return _decimal(line)


def money_range(value: Any) -> tuple[Decimal | None, Decimal | None]:
    """`De R$ 1630 até R$ 4082` → both ends; `Acima de R$ 9000` and `Até R$ 800` → the one end there is."""
    line = text(value)
    ends = [money(found) for found in _amounts(line)]
    known = sorted(end for end in ends[:2] if end is not None)
    if len(known) == 2:
        return known[0], known[1]
    if not known:
        return None, None
    if _UPWARDS.search(line):
        return known[0], None
    return None, known[0] if _DOWNWARDS.search(line) else None


def _amounts(line: str) -> list[str]:
    """The sums marked as money; all numbers where too few are, unless they count minimum wages."""
    marked = _REAIS.findall(line)
    return marked if len(marked) > 1 or "sal" in line.lower() else re.findall(_AMOUNT, line)


def day(value: Any) -> date | None:
    """`14/03/1984`, `1984-03-14`, with or without a time behind it."""
    head = text(value).partition(" ")[0].partition("T")[0]
    if written := _DAY_FIRST.fullmatch(head):
        said, month, year = written.groups()
    elif written := _YEAR_FIRST.fullmatch(head):
        year, month, said = written.groups()
    else:
        return None
    try:
        found = date(int(year), int(month), int(said))
    except ValueError:
        return None
    return found if 1880 <= found.year <= 2100 else None


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


def sex(value: Any) -> str:
    """`F - FEMININO` → female; a word we do not know is kept as it came."""
    written = text(value, 20)
    first = re.match(r"\w*", written)
    return SEXES.get(first[0].upper() if first else "", written.lower())


def cep(value: Any) -> str:
    digits = "".join(c for c in text(value) if c in "0123456789")
    # a CEP that was once a number has lost its leading zero
    return digits.zfill(8) if 7 <= len(digits) <= 8 and digits.strip("0") else ""


def state(value: Any) -> str:
    letters = text(value).upper()
    return letters if re.fullmatch("[A-Z]{2}", letters) else ""


def _decimal(line: str) -> Decimal | None:
    try:
        number = Decimal(line)
    except InvalidOperation:
        return None
    if not number.is_finite() or not 0 <= number < Decimal(10) ** 12:
        return None
    return abs(number).quantize(Decimal("0.01"))
