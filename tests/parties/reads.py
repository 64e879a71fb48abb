"""How the tests of identifiers open what `parse` returned."""

import re

from parties.identifiers import CNPJ, CPF, Email, Phone, Refused

Kind = type[CPF] | type[CNPJ] | type[Phone] | type[Email]
Read = CPF | CNPJ | Phone | Email | Refused


def digits_in(text: str) -> str:
    return re.sub(r"\D", "", text)


def value_of(read: Read) -> str:
    assert not isinstance(read, Refused), read.reason
    return read.value


def reason_of(read: Read) -> str:
    assert isinstance(read, Refused)
    return read.reason
