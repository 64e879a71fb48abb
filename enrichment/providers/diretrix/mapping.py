"""Diretrix's words on one person in our terms. Its `rg` is not needed to answer a lead and ends here."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from enrichment.providers.reading import cep, day, rows, sex, state, text
from parties.facts import AddressFact, ContactFact, PersonFacts
from parties.identifiers import CPF, Email, Phone

PROVIDER = "diretrix"


def facts_of(row: dict[str, Any], *, cpf: CPF, told_at: datetime) -> PersonFacts:
    return PersonFacts(
        cpf=cpf,
        name=text(row.get("nome")),
        source=PROVIDER,
        told_at=told_at,
        birth_date=day(row.get("dataNascimento")),
        sex=sex(row.get("sexo")),
        mother_name=text(row.get("mae")),
        contacts=[*_phones(row), *_emails(row)],
        addresses=[fact for given in rows(row.get("enderecos")) if (fact := _address(given)) != AddressFact()],
    )


def _phones(row: dict[str, Any]) -> Iterator[ContactFact]:
    for given in rows(row.get("telefones")):
        phone = Phone.parse(text(given.get("ddd")) + text(given.get("numero")))
        if isinstance(phone, Phone):
            yield ContactFact(
                identifier=phone,
                operator=text(given.get("operadora"), 60),
                line_type=text(given.get("tipo"), 60),
                source=PROVIDER,
            )


def _emails(row: dict[str, Any]) -> Iterator[ContactFact]:
    for given in rows(row.get("emails")):
        email = Email.parse(text(given.get("endereco"), 320))
        if isinstance(email, Email):
            yield ContactFact(identifier=email, source=PROVIDER)


def _address(given: dict[str, Any]) -> AddressFact:
    return AddressFact(
        street=text(given.get("logadouro"), 240),  # the provider's own spelling
        number=text(given.get("numero"), 30),
        complement=text(given.get("complemento"), 120),
        neighborhood=text(given.get("bairro"), 120),
        city=text(given.get("cidade"), 120),
        state=state(given.get("uf")),
        cep=cep(given.get("cep")),
    )
