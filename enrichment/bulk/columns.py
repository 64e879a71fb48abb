"""What a column may be, and what it most likely is: by its heading in Portuguese or English, else by its cells."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from enrichment.models import Brings
from parties.identifiers import Email, Phone, Refused, document
from parties.names import folded


@dataclass(frozen=True, slots=True)
class Column:
    """`headings` are folded; `more` may stand twice, as a second phone does."""

    label: Any
    headings: str

    @property
    def spelled(self) -> set[str]:
        return {heading.strip() for heading in self.headings.split(",")}


COLUMNS: dict[str, Column] = {
    "document": Column(_("CPF or CNPJ"), "cpf, cnpj, cpf cnpj, cpf ou cnpj, documento, document, doc, tax id, cpf do "
        "proprietario, cpf cnpj do proprietario, n cpf, numero do cpf, nr cpf, owner document"),
    "name": Column(_("Name"), "nome, name, nome completo, full name, cliente, customer, contato, nome do cliente, "
        "razao social, proprietario, owner, nome do proprietario, nome razao social, legal name, pessoa, contact name"),
    "phone": Column(_("Phone"), "telefone, phone, fone, tel, celular, mobile, cell, telefone 1, phone 1, fone 1, "
        "celular 1, tel 1, phone number, telefone celular, mobile phone, cel, telefone principal, numero de telefone"),
    "phone2": Column(_("Second phone"), "telefone 2, phone 2, fone 2, celular 2, tel 2, telefone secundario, outro "
        "telefone, telefone fixo, telefone residencial, home phone, fixo, residencial"),
    "phone3": Column(_("Third phone"), "telefone 3, phone 3, fone 3, celular 3, tel 3, telefone comercial, work phone, "
        "comercial"),
    "whatsapp": Column(_("WhatsApp"), "whatsapp, whats, zap, wpp, whats app, numero do whatsapp"),
    "email": Column(_("E-mail"), "email, mail, correio eletronico, email 1, endereco de email, email "
        "address, email principal"),
    "email2": Column(_("Second e-mail"), "email 2, outro email, email secundario"),
    "birth_date": Column(_("Birth date"), "nascimento, data de nascimento, data nascimento, dt nascimento, dt nasc, "
        "birth date, birthday, date of birth, dob, aniversario"),
    "sex": Column(_("Sex"), "sexo, sex, genero, gender"),
    "mother_name": Column(_("Mother"), "mae, nome da mae, mother, mothers name, filiacao"),
    "father_name": Column(_("Father"), "pai, nome do pai, father, fathers name"),
    "marital_status": Column(_("Marital status"), "estado civil, marital status"),
    "occupation": Column(_("Occupation"), "profissao, ocupacao, cargo, occupation, job, job title"),
    "trade_name": Column(_("Trade name"), "nome fantasia, fantasia, trade name"),
    "street": Column(_("Street"), "rua, logradouro, endereco, street, address, avenida"),
    "number": Column(_("Number"), "numero, n, nr, num, no, number, street number"),
    "complement": Column(_("Complement"), "complemento, compl, apto, apartamento, complement, unit"),
    "neighborhood": Column(_("Neighborhood"), "bairro, neighborhood, neighbourhood, district"),
    "city": Column(_("City"), "cidade, municipio, city, town"),
    "state": Column(_("State"), "uf, estado, state"),
    "cep": Column(_("CEP"), "cep, codigo postal, zip, zip code, postal code, postcode"),
    "iptu_number": Column(_("IPTU number"), "iptu, numero do iptu, inscricao, inscricao imobiliaria, "
        "inscricao municipal, sql, contribuinte, iptu number, cadastro imobiliario"),
    "area_m2": Column(_("Area in m²"), "area, area m2, metragem, m2, area total, area construida, area util"),
    "assessed_value": Column(_("Assessed value"), "valor venal, valor, assessed value, value, valor do imovel"),
    "share": Column(_("Share"), "participacao, percentual, fracao, share, quota, percentual de propriedade"),
}  # fmt: skip
_CONTACTS = ("phone", "phone2", "phone3", "whatsapp", "email", "email2")
_PLACE = ("street", "number", "complement", "neighborhood", "city", "state", "cep")
_WHO = (
    "birth_date", "sex", "mother_name", "father_name", "marital_status", "occupation", "trade_name",
)  # fmt: skip
OF: dict[Brings, tuple[str, ...]] = {
    Brings.CONTACTS: ("document", "name", *_CONTACTS),
    Brings.PARTIES: ("document", "name", *_CONTACTS, *_WHO, *_PLACE),
    Brings.PROPERTIES: (
        "iptu_number", *(name for name in _PLACE if name != "complement"), "area_m2", "assessed_value", "document",
        "name", "share",
    ),
}  # fmt: skip
# without one of each of these there is nothing to go by
NEEDED: dict[Brings, tuple[tuple[str, ...], ...]] = {
    Brings.CONTACTS: (_CONTACTS, ("document", "name")),
    Brings.PARTIES: (("document", *_CONTACTS),),
    Brings.PROPERTIES: (("iptu_number",), ("city",)),
}
_NEXT = {"phone": "phone2", "phone2": "phone3", "email": "email2"}
_MOST_LIKELY = 0.6


def guessed(brings: Brings, headings: Sequence[str], sample: Sequence[Sequence[str]]) -> list[str]:
    """One for each column; empty where nothing is likely. No two are the same."""
    free = list(OF[brings])
    found = [_take(_by_heading(heading, free), free) for heading in headings]
    for index, known in enumerate(found):
        if not known:
            cells = [row[index] for row in sample if index < len(row) and row[index]]
            found[index] = _take(_by_cells(cells, free), free)
    return found


def lacking(brings: Brings, columns: Sequence[str]) -> list[str]:
    """What must be there and is not: of each missing group its first."""
    return [group[0] for group in NEEDED[brings] if not set(group) & set(columns)]


def _take(name: str, free: list[str]) -> str:
    if name:
        free.remove(name)
    return name


def _by_heading(heading: str, free: Sequence[str]) -> str:
    plain = folded(heading).replace("e mail", "email")
    wanted = next((n for n in free if plain in COLUMNS[n].spelled), "") or _spoken_of(plain, free)
    if wanted:
        return wanted
    # a second column of the same heading
    taken = next((n for n in _NEXT if plain in COLUMNS[n].spelled), "")
    while taken and taken not in free:
        taken = _NEXT.get(taken, "")
    return taken


def _spoken_of(plain: str, free: Sequence[str]) -> str:
    """`Telefone do cliente`, `E-mail (pessoal)`: the column that the heading begins to speak of."""
    words = plain.split()
    return next((n for n in free if words and words[0] in COLUMNS[n].spelled), "")


def _by_cells(cells: Sequence[str], free: Sequence[str]) -> str:
    tests: tuple[tuple[tuple[str, ...], Callable[[str], bool]], ...] = (
        (("email", "email2"), lambda cell: isinstance(Email.parse(cell), Email)),
        (("document",), lambda cell: not isinstance(document(cell), Refused)),
        (("phone", "phone2", "phone3"), lambda cell: isinstance(Phone.parse(cell), Phone)),
        (("name",), _looks_like_name),
    )
    for names, fits in tests:
        name = next((n for n in names if n in free), "")
        if name and cells and sum(map(fits, cells)) >= len(cells) * _MOST_LIKELY:
            return name
    return ""


def _looks_like_name(cell: str) -> bool:
    words = folded(cell).split()
    return len(words) > 1 and all(word.isalpha() for word in words)
