"""Step 1: what a lead's contact says of who it is, in canonical form; fakes and rubbish refused."""

from dataclasses import dataclass, field

from enrichment.models import Lead
from parties.fakes import fake_email, fake_phone
from parties.identifiers import CPF, Email, Phone, Refused


@dataclass(frozen=True, slots=True)
class Identity:
    name: str = ""
    phone: Phone | None = None
    email: Email | None = None
    cpf: CPF | None = None
    refused: dict[str, str] = field(default_factory=dict)
    told_by: str = "lead"

    @property
    def contacts(self) -> list[Phone | Email]:
        return [contact for contact in (self.phone, self.email) if contact is not None]

    @property
    def is_empty(self) -> bool:
        return not self.contacts and self.cpf is None


def identify(*, name: str = "", phones: list[str], email: str = "", document: str = "") -> Identity:
    """The first usable phone, the e-mail, the CPF; what was refused says why."""
    refused: dict[str, str] = {}
    phone = next((p for text in phones if (p := _phone(text, refused))), None)
    if phone is not None:
        refused.pop("phone", None)
    return Identity(name=name, phone=phone, email=_email(email, refused), cpf=_cpf(document, refused), refused=refused)


def identity_of(lead: Lead) -> Identity:
    return identify(
        name=lead.customer_name,
        phones=[lead.phone, lead.phone2],
        email=lead.email,
        document=lead.chosen_cpf or lead.document,
    )


def _phone(text: str, refused: dict[str, str]) -> Phone | None:
    parsed = Phone.parse(text)
    if isinstance(parsed, Refused):
        if text:
            refused["phone"] = parsed.reason
        return None
    if fake_phone(parsed):
        refused["phone"] = "fake"
        return None
    return parsed


def _email(text: str, refused: dict[str, str]) -> Email | None:
    parsed = Email.parse(text)
    if isinstance(parsed, Refused):
        if text:
            refused["email"] = parsed.reason
        return None
    if fake_email(parsed):
        refused["email"] = "fake"
        return None
    return parsed


def _cpf(text: str, refused: dict[str, str]) -> CPF | None:
    parsed = CPF.parse(text)
    if isinstance(parsed, Refused):
        if text:
            refused["document"] = parsed.reason
        return None
    return parsed
