"""The Work API's words in our terms."""

from datetime import datetime
from decimal import Decimal

from enrichment.providers.reading import cep, day, money, money_range, sex, state, text, whole, yes
from enrichment.providers.work_api.client import PROVIDER
from enrichment.providers.work_api.schemas import (
    Basics,
    CompanyTie,
    Economics,
    Mail,
    Profile,
    Residence,
    Score,
    Telephone,
)
from parties.facts import AddressFact, CompanyFact, ContactFact, FinanceFact, PersonFacts
from parties.identifiers import CNPJ, CPF, Email, Phone
from parties.models import RelationshipKind

TIES = {
    "QSA": RelationshipKind.PARTNER,
    "SOCIO": RelationshipKind.PARTNER,
    "SÓCIO": RelationshipKind.PARTNER,
    "EMPREGO": RelationshipKind.EMPLOYEE,
    "EMPREGADO": RelationshipKind.EMPLOYEE,
    "FUNCIONARIO": RelationshipKind.EMPLOYEE,
}
PHONE_CONFIDENCE = {"ATIVO": Decimal("0.9"), "ANTIGO": Decimal("0.5"), "INATIVO": Decimal("0.3")}
EMAIL_CONFIDENCE = {
    "OTIMO": Decimal("0.9"),
    "ÓTIMO": Decimal("0.9"),
    "BOM": Decimal("0.8"),
    "REGULAR": Decimal("0.6"),
    "RUIM": Decimal("0.3"),
}


def facts_of(profile: Profile, *, cpf: CPF, told_at: datetime) -> PersonFacts:
    basics = profile.DadosBasicos
    return PersonFacts(
        cpf=cpf,
        name=text(basics.nome),
        source=PROVIDER,
        told_at=told_at,
        birth_date=day(basics.dataNascimento),
        sex=sex(basics.sexo),
        mother_name=text(basics.nomeMae),
        father_name=text(basics.nomePai),
        marital_status=text(basics.estadoCivil, 60),
        birthplace=text(basics.municipioNascimento, 120),
        education=text(basics.escolaridade, 120),
        nationality=text(basics.nacionalidade, 60),
        occupation=text(profile.profissao.cboDescricao, 160),
        registration_status=text(basics.situacaoCadastral.descricaoSituacaoCadastral, 60),
        deceased=_deceased(basics),
        politically_exposed=yes(profile.flags.pessoa_exposta_politicamente),
        contacts=[
            *filter(None, map(_phone, profile.telefones)),
            *filter(None, map(_email, profile.emails)),
        ],
        addresses=list(filter(None, map(_address, profile.enderecos))),
        finances=_finances(profile.DadosEconomicos),
        companies=list(filter(None, map(_company, profile.empresas))),
    )


def _deceased(basics: Basics) -> bool | None:
    told = yes(basics.obito.obito)
    standing = text(basics.situacaoCadastral.descricaoSituacaoCadastral).upper()
    return True if told is None and (day(basics.obito.dataObito) or "FALECID" in standing) else told


def _phone(row: Telephone) -> ContactFact | None:
    phone = Phone.parse(text(row.telefone))
    if not isinstance(phone, Phone):
        return None
    return ContactFact(
        identifier=phone,
        whatsapp=yes(row.whatsapp) is True,
        confidence=PHONE_CONFIDENCE.get(text(row.status).upper()),
        operator=text(row.operadora, 60),
        line_type=text(row.tipo, 60),
        source=PROVIDER,
    )


def _email(row: Mail) -> ContactFact | None:
    email = Email.parse(text(row.email, 320))
    if not isinstance(email, Email) or yes(row.blacklist) is True:
        return None
    return ContactFact(
        identifier=email,
        primary=text(row.prioridade).upper() == "PRINCIPAL",
        confidence=EMAIL_CONFIDENCE.get(text(row.qualidade).upper()),
        source=PROVIDER,
    )


def _address(row: Residence) -> AddressFact | None:
    fact = AddressFact(
        street=" ".join(part for part in (text(row.tipoLogradouro, 20), text(row.logradouro, 220)) if part),
        number=text(row.logradouroNumero, 30),
        complement=text(row.complemento, 120),
        neighborhood=text(row.bairro, 120),
        city=text(row.cidade, 120),
        state=state(row.uf),
        cep=cep(row.cep),
    )
    return fact if text(row.logradouro) or fact.cep or fact.city else None


def _finances(economics: Economics) -> FinanceFact | None:
    power = economics.poderAquisitivo
    score, risk = _rating(economics.score)
    low, high = money_range(power.faixaPoderAquisitivo)
    fact = FinanceFact(
        income=money(economics.renda),
        income_min=low,
        income_max=high,
        purchasing_power=text(power.poderAquisitivoDescricao, 60),
        credit_score=score,
        risk_level=risk,
        social_class=text(economics.serasaMosaic.descricaoMosaicNovo, 120),
    )
    return fact if fact != FinanceFact() else None


def _rating(score: Score) -> tuple[int | None, str]:
    """The older of the two scores with its own risk; the newer one where the first has no number."""
    first = whole(score.scoreCSB), text(score.scoreCSBFaixaRisco, 60)
    second = whole(score.scoreCSBA), text(score.scoreCSBAFaixaRisco, 60)
    return second if first[0] is None and second != (None, "") else first


def _company(row: CompanyTie) -> CompanyFact | None:
    cnpj = CNPJ.parse(text(row.cnpj).zfill(14) if text(row.cnpj) else "")
    if not isinstance(cnpj, CNPJ):
        return None
    return CompanyFact(
        cnpj=cnpj,
        kind=TIES.get(text(row.tipoRelacao).upper(), RelationshipKind.UNKNOWN),
        role=text(row.relacao, 120) or text(row.tipoRelacao, 120),
        since=day(row.admissao),
        until=day(row.demissao),
    )
