"""Step 7: the one message. It depends on the people found and the warnings, and on nothing else."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from parties.identifiers import CNPJ, CPF, Phone
from parties.record import Contact, Owned, Place, Record, Tie

CUT = "… (mensagem cortada: o texto completo está no c2s-enrich)"
SEX = {"male": "Masculino", "female": "Feminino"}


@dataclass(frozen=True, slots=True)
class Found:
    """A person to be shown, and what the broker must know about the finding."""

    record: Record
    name_differs: bool = False
    # why it may be somebody else; empty where a name, a document or two contacts agree
    doubt: str = ""
    is_partial: bool = False
    is_stale: bool = False
    by_phone: bool = False
    by_email: bool = False


# of a message, and of a lead that the CRM got from us
_OUR_MARK = re.compile(r"ref:(?:[0-9a-f]{16}|[a-z]+-[0-9a-f]{32})")


def compose(found: list[Found], *, same_person: bool | None) -> str:
    """The text, its fingerprint alone on the last line."""
    context = {
        "same_person": same_person is True,
        "different": len(found) > 1,
        "people": [_shown(f, len(found) > 1) for f in found],
    }
    body = tidy(render_to_string("enrichment/message.txt", context))
    return _signed(body)


def compose_nobody() -> str:
    return _signed(tidy(render_to_string("enrichment/message_nobody.txt")))


def fingerprint_of(text: str) -> str:
    return text.rpartition("\n")[2]


def is_ours(text: str) -> bool:
    """What a customer writes may end with a reference of their own."""
    return _OUR_MARK.fullmatch(fingerprint_of(text.strip())) is not None


def _signed(body: str) -> str:
    return within_limit(body, "ref:" + hashlib.sha256(body.encode()).hexdigest()[:16])


def within_limit(body: str, mark: str) -> str:
    """As much as the CRM takes, the mark alone on the last line."""
    return f"{_cut(body, settings.C2S_DESCRIPTION_MAX_LENGTH - len(mark) - 2)}\n\n{mark}"


def _cut(body: str, limit: int) -> str:
    """At a line's end, saying so."""
    if len(body) <= limit:
        return body
    head = body[: limit - len(CUT) - 1]
    return f"{head.rpartition(chr(10))[0] or head}\n{CUT}"


def tidy(text: str) -> str:
    """Lines without content are left out; a line `~` is a blank one that is meant."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    joined = "\n".join("" if line == "~" else line for line in lines)
    while "\n\n\n" in joined:
        joined = joined.replace("\n\n\n", "\n\n")
    return joined.strip()


def _shown(found: Found, one_of_two: bool) -> dict[str, object]:
    record = found.record
    return {
        "reached_by": _reached_by(found) if one_of_two else "",
        "name_differs": found.name_differs,
        "is_doubtful": bool(found.doubt),
        "is_partial": found.is_partial,
        "is_stale": found.is_stale,
        "deceased": record.deceased is True,
        "name": record.name,
        "cpf": document(record.document),
        "birth": birth(record.birth_date),
        "sex": SEX.get(record.sex, record.sex.capitalize()),
        "mother": record.mother_name,
        "finances": _finances(record),
        "emails": [c.value for c in record.emails],
        "phones": [_phone(c) for c in record.phones],
        "places": [place(p) for p in record.places],
        "ties": [_tie(t) for t in record.ties],
        "owned": [_owned(o) for o in record.owned],
    }


def _reached_by(found: Found) -> str:
    return "Telefone" if found.by_phone else "E-mail"


def _finances(record: Record) -> dict[str, str]:
    f = record.finances
    if f is None:
        return {}
    lines = {
        "income": money(f.income_adjusted),
        "range": _range(f.income_min, f.income_max),
        "power": f.purchasing_power,
        "score": "" if f.credit_score is None else str(f.credit_score),
        "risk": f.risk_level,
    }
    return lines if any(lines.values()) else {}


def _range(low: Decimal | None, high: Decimal | None) -> str:
    if low is not None and high is not None:
        return f"{money(low)} a {money(high)}"
    if low is not None:
        return f"a partir de {money(low)}"
    return f"até {money(high)}" if high is not None else ""


def _phone(contact: Contact) -> str:
    parsed = Phone.parse(contact.value)
    shown = parsed.formatted if isinstance(parsed, Phone) else contact.value
    return f"{shown} (WhatsApp)" if contact.type == "whatsapp" else shown


def _tie(tie: Tie) -> str:
    """`PADARIA EXEMPLO LTDA – CNPJ 11.222.333/0001-81 (Socio-administrador)`"""
    named = " – ".join(part for part in (tie.name, f"CNPJ {document(tie.cnpj)}" if tie.cnpj else "") if part)
    return f"{named} ({tie.role.capitalize()})" if tie.role else named


def place(p: Place) -> str:
    """`R DAS ACACIAS, 120, AP 51 – CENTRO – CAMPINAS/SP – CEP 13010-001`"""
    street = ", ".join(part for part in (p.street, p.number, p.complement) if part)
    town = "/".join(part for part in (p.city, p.state) if part)
    cep = f"CEP {p.cep[:5]}-{p.cep[5:]}" if p.cep else ""
    return " – ".join(part for part in (street, p.neighborhood, town, cep) if part)


def _owned(owned: Owned) -> str:
    street = ", ".join(part for part in (owned.street, owned.number) if part)
    town = "/".join(part for part in (owned.city, owned.state) if part)
    return " – ".join(part for part in (street, owned.neighborhood, town, money(owned.assessed_value)) if part)


def money(amount: Decimal | None) -> str:
    """`R$ 11.569,63`"""
    if amount is None:
        return ""
    return "R$ " + f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def birth(born: date | None) -> str:
    """`14/03/1984 (42 anos)`: the age is the one thing in a message that the clock may change."""
    if born is None:
        return ""
    today = timezone.localdate()
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return f"{born:%d/%m/%Y} ({age} anos)"


def document(value: str | None) -> str:
    for kind in (CPF, CNPJ):
        parsed = kind.parse(value or "")
        if isinstance(parsed, kind):
            return parsed.formatted
    return value or ""
