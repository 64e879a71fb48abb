"""A person's full profile as Work API spells it, the sensitive sections included."""

from typing import Any

from enrichment.sandbox.dice import Dice
from enrichment.sandbox.digits import mobile_of_cpf, with_check_digits, without_ninth_digit
from enrichment.sandbox.person import Person, some_cpf, some_mobile
from enrichment.sandbox.vocabulary import (
    CARRIERS,
    CITIES,
    COLOURS,
    DISTRICTS,
    MARITAL_STATES,
    MOSAICS,
    NO_DATA,
    OCCUPATIONS,
    PURCHASING_POWER,
    SCHOOLING,
    STREETS,
)
from enrichment.sandbox.work_sensitive import sensitive_sections

Section = dict[str, Any]
WHATSAPP = ("SIM", "NAO", "NÃO", None)
CROWD = 40


def profile_of(person: Person) -> Section:
    if person.entire:
        return dict(person.sections)
    sections = _made_up_sections(person)
    if person.trait == "blank":
        sections = {name: NO_DATA[index % len(NO_DATA)] for index, name in enumerate(sections)}
    if person.trait == "odd_types":
        sections = swapped(sections)
    return {"status": 200, **sections, **person.sections, "debug_info": []}


def swapped(value: Any) -> Any:
    """Numbers become text and plain digits become numbers, all the way down."""
    if isinstance(value, dict):
        return {key: swapped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [swapped(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() else value
    return str(value)


def addresses(person: Person) -> list[Section]:
    count = CROWD if person.trait == "crowded" else Dice(person.cpf).number("addresses", 1, 3)
    return [_address(Dice(f"{person.cpf}/{index}")) for index in range(count)]


def phones(person: Person) -> list[Section]:
    dice = Dice(person.cpf)
    numbers = list(person.phones)
    if person.trait == "crowded":
        numbers += [some_mobile(f"{person.cpf}/{index}") for index in range(CROWD)]
    if person.trait == "old_mobiles":
        numbers = [without_ninth_digit(number) if len(number) == 11 else number for number in numbers]
    listed = [_phone(Dice(f"{person.cpf}/{number}"), number) for number in numbers]
    if listed:
        listed[0]["whatsapp"] = "SIM"
    if dice.chance("landline", 40):
        listed.append(_phone(dice, f"{dice.pick('area', ('11', '19', '51'))}3{dice.code('landline', 7)}"))
    return listed


def emails(person: Person) -> list[Section]:
    addresses = list(person.emails)
    if person.trait == "crowded":
        addresses += [f"outro{index}.{addresses[0]}" for index in range(CROWD // 2)]
    return [
        {
            "email": email,
            "prioridade": "SECUNDARIO" if index else "PRINCIPAL",
            "qualidade": Dice(email).pick("quality", ("BOM", "OTIMO", "REGULAR", None)),
            "emailPessoal": "SIM",
            "blacklist": Dice(email).pick("blacklist", ("NÃO", "NAO", None)),
        }
        for index, email in enumerate(addresses)
    ]


def _made_up_sections(person: Person) -> Section:
    dice = Dice(person.cpf)
    code, title = dice.pick("occupation", OCCUPATIONS)
    wealthy = person.trait == "exposed"
    return {
        "foto": {"foto": None},
        "DadosBasicos": _basics(person, dice),
        "DadosEconomicos": _economics(dice, empty=person.trait == "no_income"),
        "profissao": {"cbo": code, "cboDescricao": title, "pis": dice.code("pis", 11)},
        "empregos": [],
        "empresas": _companies(person, dice),
        "enderecos": addresses(person),
        "telefones": phones(person),
        "emails": emails(person),
        "perfilConsumo": _consumption(dice, wealthy),
        "flags": {
            "__pessoa_exposta_politicamente__": wealthy,
            "__beneficiario_auxilios__": dice.chance("benefits", 10),
            "__servidor_publico_siape__": False,
        },
        **sensitive_sections(person, dice),
    }


def _basics(person: Person, dice: Dice) -> Section:
    deceased = person.trait == "deceased"
    return {
        "nome": person.name,
        "cpf": person.cpf,
        "cns": dice.code("cns", 15),
        "dataNascimento": f"{person.birth_date:%d/%m/%Y}",
        "sexo": "F - FEMININO" if person.sex == "F" else "M - MASCULINO",
        "cor": dice.pick("colour", COLOURS),
        "nomeMae": person.mother,
        "nomePai": "SEM INFORMAÇÃO" if dice.chance("no father", 20) else person.father,
        "municipioNascimento": dice.pick("born in", CITIES)[0],
        "escolaridade": dice.pick("schooling", SCHOOLING),
        "estadoCivil": dice.pick("marital", (*MARITAL_STATES, None)),
        "nacionalidade": "BRASILEIRA",
        "obito": {"obito": "SIM" if deceased else "NÃO", "dataObito": "03/08/2023" if deceased else ""},
        "situacaoCadastral": {
            "codigoSituacaoCadastral": 3 if deceased else 2,
            "descricaoSituacaoCadastral": "TITULAR FALECIDO" if deceased else "REGULAR",
            "dataSituacaoCadastral": "2024-01-05 00:00:00",
        },
    }


def _economics(dice: Dice, *, empty: bool) -> Section:
    if empty:
        return {"renda": "", "poderAquisitivo": {}, "score": None, "serasaMosaic": []}
    code, label, band, income = dice.pick("power", PURCHASING_POWER)
    mosaic, description = dice.pick("mosaic", MOSAICS)
    score = dice.number("score", 120, 980)
    risk = "BAIXO" if score > 600 else "MEDIO" if score > 350 else "ALTO"
    return {
        "renda": f"{dice.number('reais', 900, 29000)},{dice.code('cents', 2)}",
        "poderAquisitivo": {
            "codigoPoderAquisitivo": code,
            "poderAquisitivoDescricao": label,
            "rendaPoderAquisitivo": income,
            "codigoFaixaRenda": code + 9,
            "faixaPoderAquisitivo": band,
        },
        "score": {
            "scoreCSB": score,
            "scoreCSBFaixaRisco": risk,
            "scoreCSBA": str(score + 11),
            "scoreCSBAFaixaRisco": risk,
        },
        "serasaMosaic": {
            "codigoMosaicNovo": mosaic,
            "descricaoMosaicNovo": description,
            "classeMosaicNovo": "PERFIL EXEMPLO",
        },
    }


def _companies(person: Person, dice: Dice) -> list[Section]:
    if person.trait == "owner":
        return [_company(cnpj) for cnpj in ("11222333000181", "12ABC34501DE35", "11444777000161", 191)]
    return [_company("11222333000181")] if dice.chance("company", 20) else []


def _company(cnpj: str | int) -> Section:
    role = "SOCIO-ADMINISTRADOR"
    return {"cnpj": cnpj, "tipoRelacao": "QSA", "relacao": role, "admissao": "02/05/2016", "demissao": ""}


def _address(dice: Dice) -> Section:
    city, state, head = dice.pick("city", CITIES)
    kind, street = dice.pick("street", STREETS)
    number = dice.number("number", 1, 2999)
    cep = f"{head}{dice.code('cep', 6)}"
    return {
        "tipoLogradouro": kind,
        "logradouro": street,
        "logradouroNumero": number if dice.chance("as number", 30) else str(number),
        "complemento": dice.pick("complement", ("AP 51", "CASA 2", None, "")),
        "bairro": dice.pick("district", DISTRICTS),
        "cidade": city,
        "uf": state,
        "cep": f"{cep[:5]}-{cep[5:]}" if dice.chance("dashed", 30) else cep,
    }


def _phone(dice: Dice, number: str) -> Section:
    is_mobile = number[2] in "6789"
    return {
        "telefone": number,
        "status": dice.pick("status", ("ATIVO", "ATIVO", "ATIVO", "ANTIGO")),
        "tipo": "TELEFONE MOVEL" if is_mobile else "TELEFONE RESIDENCIAL",
        "operadora": dice.pick("carrier", CARRIERS),
        "whatsapp": dice.pick("whatsapp", WHATSAPP) if is_mobile else None,
    }


def _consumption(dice: Dice, wealthy: bool) -> Section:
    marks = ("casa_propria", "investimentos", "luxo", "conta_alto_padrao", "cartao_black", "cartao_prime")
    owned = {f"possui_{mark}": wealthy or dice.chance(mark, 40) for mark in marks}
    return {
        **owned,
        "possui_previdencia_privada": wealthy,
        "credito_imobiliario_pre_aprovado": dice.chance("credit", 30),
    }


def company_of(cnpj: str) -> Section:
    dice = Dice(cnpj)
    partner = some_cpf(cnpj)
    return {
        "status": 200,
        "cnpj": cnpj,
        "razaoSocial": f"{dice.pick('name', DISTRICTS)} PARTICIPACOES LTDA",
        "nomeFantasia": dice.pick("trade name", DISTRICTS),
        "enderecos": [_address(dice)],
        "telefones": [_phone(dice, mobile_of_cpf(partner))],
        "emails": [],
        "socios": [{"cpf_cnpj": partner}, {"cpf_cnpj": with_check_digits(dice.code("silent partner", 9))}],
    }
