"""A row of a file as what it tells of somebody, and what of it cannot be taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from enrichment.models import Brings
from enrichment.providers.reading import cep, day, money, sex, state, text
from parties.facts import AddressFact, ContactFact
from parties.fakes import fake_email, fake_phone
from parties.identifiers import CNPJ, CPF, Email, Phone, Refused, document
from parties.names import tokens

SOURCE = "import"
_PHONES, _EMAILS = ("whatsapp", "phone", "phone2", "phone3"), ("email", "email2")
_LINES = {"mother_name": 255, "father_name": 255, "marital_status": 60, "occupation": 160}


@dataclass(slots=True)
class Told:
    """As a source tells of a person or a company: what it lacks is None or empty."""

    row: int
    told_at: datetime
    document: CPF | CNPJ | None = None
    name: str = ""
    contacts: list[ContactFact] = field(default_factory=list)
    addresses: list[AddressFact] = field(default_factory=list)
    trade_name: str = ""
    birth_date: date | None = None
    sex: str = ""
    mother_name: str = ""
    father_name: str = ""
    marital_status: str = ""
    occupation: str = ""
    birthplace: str = ""
    education: str = ""
    nationality: str = ""
    registration_status: str = ""
    deceased: bool | None = None
    politically_exposed: bool | None = None
    source: str = SOURCE
    # `phone:too_short`; why the row is refused as a whole, and what it comes in without
    refused: str = ""
    left_out: list[str] = field(default_factory=list)

    @property
    def why(self) -> str:
        return (self.refused or " ".join(self.left_out))[:300]


def told_by(row: int, values: Mapping[str, str], brings: Brings, told_at: datetime) -> Told:
    told = Told(row, told_at)
    told.document = _document(told, values.get("document", ""))
    told.name = _name(told, values.get("name", ""))
    _contacts(told, values)
    if brings == Brings.PARTIES:
        _who(told, values)
    if not told.refused:
        told.refused = _nothing_to_go_by(told, brings)
    return told


def _nothing_to_go_by(told: Told, brings: Brings) -> str:
    if brings == Brings.PROPERTIES:
        return ""
    if brings == Brings.CONTACTS and not told.contacts:
        return " ".join(told.left_out) or "row:no_contact"
    if told.document is None and not (told.contacts and told.name):
        return " ".join(told.left_out) or "row:nobody"
    return ""


def _document(told: Told, cell: str) -> CPF | CNPJ | None:
    """Whose document is wrong is nobody we could know again."""
    if not cell.strip():
        return None
    read = document(cell)
    if isinstance(read, Refused):
        read = _zeros_restored(cell.strip()) or read
    if isinstance(read, Refused):
        told.refused = f"document:{read.reason}"
        return None
    return read


def _zeros_restored(digits: str) -> CPF | CNPJ | None:
    """A spreadsheet takes a document for a number and drops its leading zeros; the check digits tell."""
    if not (digits.isascii() and digits.isdecimal()):
        return None
    read = CPF.pad(digits) if len(digits) in (9, 10) else CNPJ.parse(digits.zfill(14)) if len(digits) == 13 else None
    return None if isinstance(read, Refused) else read


def _name(told: Told, cell: str) -> str:
    name = text(cell)
    if name and not tokens(name):
        told.left_out.append("name:not_a_name")
        return ""
    return name


def _contacts(told: Told, values: Mapping[str, str]) -> None:
    seen: set[str] = set()
    for column in (*_PHONES, *_EMAILS):
        if not (cell := values.get(column, "").strip()):
            continue
        read = _contact(column, cell)
        if isinstance(read, str):
            told.left_out.append(f"{column}:{read}")
        elif read.value not in seen:
            seen.add(read.value)
            told.contacts.append(ContactFact(read, whatsapp=column == "whatsapp", source=SOURCE))


def _contact(column: str, cell: str) -> Phone | Email | str:
    read = Email.parse(cell) if column in _EMAILS else Phone.parse(cell)
    if isinstance(read, Refused):
        return read.reason
    return "fake" if (fake_email(read) if isinstance(read, Email) else fake_phone(read)) else read


def _who(told: Told, values: Mapping[str, str]) -> None:
    if born := values.get("birth_date", "").strip():
        told.birth_date = day(born)
        if told.birth_date is None:
            told.left_out.append("birth_date:not_a_date")
    told.sex = sex(values.get("sex", ""))
    for column, limit in _LINES.items():
        setattr(told, column, text(values.get(column, ""), limit))
    told.trade_name = text(values.get("trade_name", ""))
    place = place_of(values)
    if place.street and (place.city or place.cep):
        told.addresses = [place]


def place_of(values: Mapping[str, str]) -> AddressFact:
    def line(column: str, limit: int) -> str:
        return text(values.get(column, ""), limit)

    return AddressFact(
        street=line("street", 255),
        number=line("number", 30),
        complement=line("complement", 120),
        neighborhood=line("neighborhood", 120),
        city=line("city", 120),
        state=state(values.get("state", "")),
        cep=cep(values.get("cep", "")),
    )


def share_of(cell: str) -> Decimal | None:
    """`0,5`, `50`, `50%`: half of it."""
    found = money(cell.replace("%", ""))
    if found is None or not 0 < found <= 100:
        return None
    return round(found / 100 if found > 1 or "%" in cell else found, 4) or None
