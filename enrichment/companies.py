"""One company with its people, remembered for half an hour and dropped when it or one of them changes."""

from uuid import UUID

import msgspec

from c2s_enrich import sealed_cache
from c2s_enrich.counters import counted
from enrichment.customer import Answer, bare_document
from enrichment.memory import COMPANY, shareable
from parties.disclosure import shown_text
from parties.identifiers import CNPJ
from parties.models import Company, Kind, Party, PartyRelationship

TTL = 30 * 60
MOST_PEOPLE = 1000


class CompanyPerson(Answer, frozen=True):
    party_id: UUID
    name: str
    role: str | None


class CompanyShown(Answer, frozen=True):
    cnpj: str
    legal_name: str | None
    trade_name: str | None
    size: str | None
    industry: str | None
    people: list[CompanyPerson]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(CompanyShown).decode


def company_known(cnpj: CNPJ, *, clear: bool) -> CompanyShown | None:
    name = (COMPANY, cnpj.value)
    found = sealed_cache.get_many([name])
    counted("companyCache", name in found)
    company = _decode(found[name]) if name in found else _stored(cnpj)
    if company is not None and name not in found:
        sealed_cache.set_many({name: _encode(company)}, ttl=shareable(TTL))
    if company is None or clear:
        return company
    return _masked(company)


def _masked(company: CompanyShown) -> CompanyShown:
    """The name of a one-person firm holds its owner's CPF."""
    return msgspec.structs.replace(
        company,
        cnpj=bare_document(company.cnpj, clear=False),
        legal_name=shown_text(company.legal_name or "", clear=False) or None,
        trade_name=shown_text(company.trade_name or "", clear=False) or None,
        people=[msgspec.structs.replace(p, name=shown_text(p.name, clear=False)) for p in company.people],
    )


def _stored(cnpj: CNPJ) -> CompanyShown | None:
    party = Party.objects.filter(cpf_cnpj=cnpj.value, kind=Kind.COMPANY).select_related("company").first()
    if party is None:
        return None
    told = getattr(party, "company", None) or Company()
    return CompanyShown(
        cnpj=cnpj.value,
        legal_name=told.legal_name or party.name or None,
        trade_name=told.trade_name or None,
        size=told.size or None,
        industry=told.industry or None,
        people=_people(party),
    )


def _people(company: Party) -> list[CompanyPerson]:
    """Who belongs to it today."""
    ties = PartyRelationship.objects.filter(to_party=company, end_date=None).order_by("from_party__name", "id")
    rows = ties.values_list("from_party_id", "from_party__name", "role")[:MOST_PEOPLE]
    return [CompanyPerson(party_id=party_id, name=name, role=role or None) for party_id, name, role in rows]
