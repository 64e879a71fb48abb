"""Everything that says WHO: one door to the small values that every other room speaks in."""

from parties.documents import CNPJ, CPF, document
from parties.emails import Email
from parties.phones import Phone
from parties.refusals import Identifier, Refused

__all__ = ["CNPJ", "CPF", "Email", "Identifier", "Phone", "Refused", "document", "phone_or_email"]


def phone_or_email(text: str) -> Phone | Email | Refused:
    """What somebody can be reached by, told apart by its shape."""
    return Email.parse(text) if "@" in text else Phone.parse(text)
