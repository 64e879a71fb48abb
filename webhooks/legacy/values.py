"""The predecessor's values in our terms; what cannot be read is unknown, never guessed."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from enrichment.providers.reading import day, text
from parties.identifiers import CNPJ, CPF, Refused, document
from parties.models import Kind
from webhooks.legacy.source import Row

SOURCE = "legacy"
_PERSON = ("person", "people", "pf", "fisic", "físic", "individual", "natural", "cpf")
_COMPANY = ("compan", "empresa", "pj", "juridic", "jurídic", "legal", "organi", "cnpj")
_TRUE = ("true", "t", "1")


def moment(written: str) -> datetime | None:
    """Infinity and other centuries are unknown."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if 1990 <= found.year <= 2100 else None


def first_moment(row: Row, *names: str, otherwise: datetime) -> datetime:
    return next((found for name in names if (found := moment(row[name]))), otherwise)


def calendar_day(written: str) -> str | None:
    found = day(written)
    return found.isoformat() if found else None


def truth(written: str) -> bool:
    return written in _TRUE


def number(written: str) -> Decimal | None:
    try:
        found = Decimal(written)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def share(written: str) -> Decimal | None:
    """Between 0 and 1; some versions counted in percent."""
    found = number(written)
    if found is None or not 0 < found <= 100:
        return None
    return round(found / 100 if found > 1 else found, 4) or None


def confidence(written: str) -> Decimal | None:
    found = number(written)
    return round(found, 2) if found is not None and 0 <= found <= 1 else None


def line(written: str, limit: int = 255) -> str:
    return text(written, limit) if written else ""


def kind_of(word: str, told: CPF | CNPJ | None) -> Kind | None:
    """The document's word counts more than the type's."""
    if told is not None:
        return Kind.COMPANY if isinstance(told, CNPJ) else Kind.PERSON
    lowered = word.strip().lower()
    if lowered.startswith(_COMPANY):
        return Kind.COMPANY
    return Kind.PERSON if lowered.startswith(_PERSON) else None


def document_of(*spellings: str) -> CPF | CNPJ | Refused | None:
    """The first that is one; else why the first given one is none; None where none was given."""
    read = [_document(spelled) for spelled in spellings if spelled.strip()]
    return next((found for found in read if not isinstance(found, Refused)), read[0] if read else None)


def _document(spelled: str) -> CPF | CNPJ | Refused:
    found = document(spelled)
    digits = spelled.strip()
    # once kept as a number, it lost its leading zeros; the check digits tell
    if isinstance(found, Refused) and digits.isdecimal() and digits.isascii():
        if len(digits) in (9, 10):
            return CPF.pad(digits)
        if len(digits) in (12, 13):
            return CNPJ.parse(digits.zfill(14))
    return found
