"""What crosses from the Work API into this program: the classes below are the whole allow-list."""

from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from c2s_enrich.converting import converter
from enrichment.providers.reading import rows, text

# A leaf is kept as the provider spelled it; every spelling of "no data" is None.
Leaf = str | int | float | bool | None


class Section(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Fields keep the provider's own names, so that the answer can be shown in its own shape."""


class Death(Section, frozen=True):
    obito: Leaf = None
    dataObito: Leaf = None


class TaxStanding(Section, frozen=True):
    codigoSituacaoCadastral: Leaf = None
    descricaoSituacaoCadastral: Leaf = None
    dataSituacaoCadastral: Leaf = None


class Basics(Section, frozen=True):
    nome: Leaf = None
    cpf: Leaf = None
    dataNascimento: Leaf = None
    sexo: Leaf = None
    nomeMae: Leaf = None
    nomePai: Leaf = None
    municipioNascimento: Leaf = None
    escolaridade: Leaf = None
    estadoCivil: Leaf = None
    nacionalidade: Leaf = None
    obito: Death = Death()
    situacaoCadastral: TaxStanding = TaxStanding()


class PurchasingPower(Section, frozen=True):
    codigoPoderAquisitivo: Leaf = None
    poderAquisitivoDescricao: Leaf = None
    rendaPoderAquisitivo: Leaf = None
    codigoFaixaRenda: Leaf = None
    faixaPoderAquisitivo: Leaf = None


class Score(Section, frozen=True):
    scoreCSB: Leaf = None
    scoreCSBFaixaRisco: Leaf = None
    scoreCSBA: Leaf = None
    scoreCSBAFaixaRisco: Leaf = None


class Mosaic(Section, frozen=True):
    codigoMosaicNovo: Leaf = None
    descricaoMosaicNovo: Leaf = None
    classeMosaicNovo: Leaf = None


class Economics(Section, frozen=True):
    renda: Leaf = None
    poderAquisitivo: PurchasingPower = PurchasingPower()
    score: Score = Score()
    serasaMosaic: Mosaic = Mosaic()


class Occupation(Section, frozen=True):
    cbo: Leaf = None
    cboDescricao: Leaf = None


class CompanyTie(Section, frozen=True):
    cnpj: Leaf = None
    tipoRelacao: Leaf = None
    relacao: Leaf = None
    admissao: Leaf = None
    demissao: Leaf = None


class Residence(Section, frozen=True):
    tipoLogradouro: Leaf = None
    logradouro: Leaf = None
    logradouroNumero: Leaf = None
    complemento: Leaf = None
    bairro: Leaf = None
    cidade: Leaf = None
    uf: Leaf = None
    cep: Leaf = None


class Telephone(Section, frozen=True):
    telefone: Leaf = None
    status: Leaf = None
    tipo: Leaf = None
    operadora: Leaf = None
    whatsapp: Leaf = None


class Mail(Section, frozen=True):
    email: Leaf = None
    prioridade: Leaf = None
    qualidade: Leaf = None
    emailPessoal: Leaf = None
    blacklist: Leaf = None


class Consumption(Section, frozen=True):
    possui_casa_propria: Leaf = None
    possui_investimentos: Leaf = None
    possui_luxo: Leaf = None
    possui_conta_alto_padrao: Leaf = None
    possui_cartao_black: Leaf = None
    possui_cartao_prime: Leaf = None
    possui_previdencia_privada: Leaf = None
    credito_imobiliario_pre_aprovado: Leaf = None


class Flags(Section, frozen=True):
    pessoa_exposta_politicamente: Leaf = msgspec.field(default=None, name="__pessoa_exposta_politicamente__")


class Listed(Section, frozen=True):
    """One line of a module that answers with a list."""

    nome: Leaf = None
    cpf: Leaf = None
    cpf_cnpj: Leaf = None


class Profile(Section, frozen=True):
    DadosBasicos: Basics = Basics()
    DadosEconomicos: Economics = Economics()
    profissao: Occupation = Occupation()
    empresas: list[CompanyTie] = []
    enderecos: list[Residence] = []
    telefones: list[Telephone] = []
    emails: list[Mail] = []
    perfilConsumo: Consumption = Consumption()
    flags: Flags = Flags()
    lista: list[Listed] = []


SECTIONS = tuple(field.encode_name for field in msgspec.structs.fields(Profile) if field.name != "lista")

S = TypeVar("S", bound=Section)


def minimised(kind: type[S], value: Any) -> S:
    """The allowed fields of a foreign object, whatever it holds; everything else ends here."""
    given = next(rows(value), {})
    kept: dict[str, Any] = {}
    for name, spelled, one, many in _fields(kind):
        if (found := given.get(spelled)) is None:
            continue
        if one is not None:
            kept[name] = minimised(one, found)
        elif many is not None:
            kept[name] = [row for row in (minimised(many, r) for r in rows(found)) if row != many()]
        else:
            kept[name] = _leaf(found)
    return kind(**kept)


@lru_cache
def _fields(kind: type[Section]) -> list[tuple[str, str, type[Section] | None, type[Section] | None]]:
    """Per field its two names, and the section that it holds one or many of; else this would be most of the work."""
    return [
        (
            field.name,
            field.encode_name,
            field.type if isinstance(field.type, type) and issubclass(field.type, Section) else None,
            _listed(field.type),
        )
        for field in msgspec.structs.fields(kind)
    ]


def _listed(annotation: Any) -> type[Section] | None:
    of = getattr(annotation, "__args__", (None,))[0]
    return of if getattr(annotation, "__origin__", None) is list else None


def _leaf(value: Any) -> Leaf:
    # most of them are
    if isinstance(value, str):
        return text(value) or None
    if isinstance(value, bool | int):
        # beyond 64 bits no decoder of ours reads it back; PostgreSQL spells a huge float as a whole number
        return value if -(2**63) <= value < 2**63 else None
    if isinstance(value, float):
        return value if abs(value) < 2**63 else None
    return text(value) or None


_profile = converter(Profile)


def profile_stored(value: Any) -> Profile | None:
    """A profile as we stored it; None when it no longer has the shape."""
    try:
        profile = _profile(value)
    except (msgspec.ValidationError, TypeError):
        return None
    return profile if profile.DadosBasicos.nome or profile.DadosBasicos.cpf else None


def as_stored(profile: Profile) -> dict[str, Any]:
    stored: dict[str, Any] = msgspec.to_builtins(profile)
    return stored
