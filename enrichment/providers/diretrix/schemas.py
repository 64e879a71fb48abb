from dataclasses import dataclass, field
from typing import Any

from enrichment.providers.reading import rows, text
from parties.identifiers import CNPJ, CPF


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody behind a phone or an e-mail."""

    cpf: str = field(repr=False)
    name: str = field(repr=False)


def people_in(answer: Any) -> list[Found]:
    """The people of an answer, each once. Companies and documents with a wrong check digit are left out."""
    found: dict[str, Found] = {}
    for row in rows(answer):
        cpf = person_document(row.get("cpf"))
        if cpf and cpf not in found:
            found[cpf] = Found(cpf=cpf, name=text(row.get("nome")))
    return list(found.values())


def is_people(answer: Any) -> bool:
    """An empty list tells of nobody; a list or an object that never mentions a CPF tells of nothing we know."""
    return answer == [] or any("cpf" in row for row in rows(answer))


def person_document(value: Any) -> str | None:
    """A CPF, its leading zeros put back; None for a company's number and for rubbish."""
    written = text(value)
    if isinstance(CNPJ.parse(written), CNPJ):
        return None
    cpf = CPF.pad(written)
    return cpf.value if isinstance(cpf, CPF) else None
