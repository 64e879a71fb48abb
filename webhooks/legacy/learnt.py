"""What the predecessor bought: reduced to what we may keep, and read into the golden record."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.utils import timezone

from c2s_enrich.privacy import suppression
from c2s_enrich.privacy.suppression import suppressed_in_crowd
from enrichment.providers.reading import text
from enrichment.providers.work_api.mapping import facts_of
from enrichment.providers.work_api.schemas import Profile, as_stored, minimised
from parties.facts import FinanceFact, PersonFacts
from parties.filing.finances import adjusted
from parties.identifiers import CPF, Refused
from parties.models import Kind
from webhooks.legacy.contacts import NO_PARTY
from webhooks.legacy.parties import FORGOTTEN, FREE, part_fill
from webhooks.legacy.source import Row, Wanted
from webhooks.legacy.staging import Known, Taken, parties_known, staged
from webhooks.legacy.values import first_moment

PROVIDER = "work_api"
WANTED = Wanted(
    table="core.party_enrichments",
    key="enrichment_id id",
    moments="t.created_at t.enriched_at",
    columns={
        "party_id": "t.party_id",
        "raw": "t.raw_payload",
        "normalized": "t.normalized_data",
        "enriched_at": "t.enriched_at t.created_at",
    },
)
_TEXTS = ("sex", "mother_name", "father_name", "marital_status", "birthplace", "education", "nationality",
    "occupation", "registration_status")  # fmt: skip
_OF_PERSON = ("birth_date", "deceased", "politically_exposed", *_TEXTS)
_MONEY = ("income", "income_adjusted", "income_min", "income_max")
_OF_FINANCES = (*_MONEY, "purchasing_power", "credit_score", "risk_level", "social_class", "as_of")
# only the decoder knows that nothing else is behind the object
_DECODER = msgspec.json.Decoder()


class Told(NamedTuple):
    """A row as its payload tells it: nothing where nothing of it may be kept."""

    key: str
    party_id: str
    at: datetime
    cpf: CPF | Refused = Refused("empty")
    facts: PersonFacts | None = None
    stored: str = ""


class Learnt(NamedTuple):
    key: str
    party: UUID
    at: datetime
    cpf: CPF | Refused
    facts: PersonFacts
    stored: str


_ENRICHMENTS = "id uuid, party_id uuid, profile jsonb, enriched_at timestamptz"
_INSERT = f"""
insert into party_enrichments (id, party_id, provider, profile, enriched_at)
select id, party_id, '{PROVIDER}', profile, enriched_at from staged order by id on conflict (id) do nothing
"""  # noqa: S608  all of it is ours
_MARK = """
update parties p set enriched = true, enriched_at = greatest(p.enriched_at, s.at)
from (select party_id, max(enriched_at) as at from staged group by party_id) s
where p.id = s.party_id and (not p.enriched or p.enriched_at < s.at)
"""
_FACTS = """
here_id uuid, name text, birth_date date, deceased boolean, politically_exposed boolean, sex text, mother_name text,
father_name text, marital_status text, birthplace text, education text, nationality text, occupation text,
registration_status text, is_first boolean
"""
_FINANCES = """
party_id uuid, income numeric, income_adjusted numeric, income_min numeric, income_max numeric, purchasing_power text,
credit_score integer, risk_level text, social_class text, as_of timestamptz
"""
_RENEW = f"""
insert into party_finances as mine (party_id, source, {", ".join(_OF_FINANCES)})
select s.party_id, '{PROVIDER}', {", ".join(f"s.{c}" for c in _OF_FINANCES)}
from staged s cross join lateral (select from parties p where p.id = s.party_id and {FREE} offset 0) p
on conflict (party_id) do update set source = excluded.source, {", ".join(f"{c} = excluded.{c}" for c in _OF_FINANCES)}
where mine.as_of is null or mine.as_of <= excluded.as_of
"""  # noqa: S608  all of it is ours


def enrichments_read(rows: Sequence[Row]) -> list[Told]:
    now = timezone.now()
    return [_read(row, now) for row in rows]


def enrichments_take(rows: Sequence[Told]) -> Taken:
    taken = Taken()
    parties = parties_known(row.party_id for row in rows)
    learnt = [one for row in rows if (one := _learnt(row, parties.get(row.party_id), taken))]
    learnt = _without_the_forgotten(learnt, taken)
    taken.written = staged(_ENRICHMENTS, map(_stored, learnt), {"new": _INSERT, "marked": _MARK})["new"]
    staged(_FACTS, _facts(learnt), {"filled": part_fill("people", Kind.PERSON, _OF_PERSON, _TEXTS)})
    staged(_FINANCES, _finances(learnt), {"renewed": _RENEW})
    return taken


def _read(row: Row, now: datetime) -> Told:
    told = Told(row["key"], row["party_id"], first_moment(row, "enriched_at", otherwise=now))
    profile = _profile(row["raw"]) or _profile(row["normalized"])
    if profile is None:
        return told
    cpf = CPF.pad(text(profile.DadosBasicos.cpf))
    # contacts, addresses and companies have tables of their own there
    own = msgspec.structs.replace(profile, telefones=[], emails=[], enderecos=[], empresas=[])
    # whichever CPF it is, none of what is read here depends on it
    facts = facts_of(own, cpf=cpf, told_at=told.at)  # type: ignore[arg-type]
    return told._replace(cpf=cpf, facts=facts, stored=json.dumps(as_stored(profile), ensure_ascii=False))


def _learnt(row: Told, party: Known | None, taken: Taken) -> Learnt | None:
    why = _wrong(row, party)
    if row.facts is None or party is None or why:
        taken.refuse(row.key, why)
        return None
    return Learnt(row.key, party.id, row.at, row.cpf, row.facts, row.stored)


def _wrong(row: Told, party: Known | None) -> str:
    if party is None:
        return NO_PARTY
    if party.kind != Kind.PERSON:
        return "its party is a company"
    if row.facts is None:
        return "nothing in it may be kept"
    # profiles were once paired with CPFs by their place in a list
    return "about somebody else" if isinstance(row.cpf, CPF) and party.document not in ("", row.cpf.value) else ""


def _profile(payload: str) -> Profile | None:
    """What may be kept of a payload, however deep it was wrapped; nothing where nobody is named in it."""
    given = _decoded(payload)
    given = _decoded(given) if isinstance(given, str) else given
    if isinstance(given, dict) and "DadosBasicos" not in given:
        given = next((given[name] for name in ("data", "dados", "result", "resultado") if name in given), given)
    profile = minimised(Profile, given)
    return profile if profile.DadosBasicos.nome else None


def _decoded(payload: str) -> Any:
    try:
        return _DECODER.decode(payload) if payload else None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _without_the_forgotten(learnt: list[Learnt], taken: Taken) -> list[Learnt]:
    told = {one.key: one.cpf.value for one in learnt if isinstance(one.cpf, CPF)}
    forgotten = {value for _, value in suppressed_in_crowd((suppression.CPF, value) for value in told.values())}
    for one in learnt:
        if told.get(one.key) in forgotten:
            taken.refuse(one.key, FORGOTTEN)
    return [one for one in learnt if told.get(one.key) not in forgotten]


def _stored(one: Learnt) -> tuple[Any, ...]:
    return one.key, one.party, one.stored, one.at


def _facts(learnt: Iterable[Learnt]) -> Iterable[tuple[Any, ...]]:
    """One row per person, each value from the first that has it."""
    by_party: dict[UUID, dict[str, Any]] = {}
    for one in learnt:
        told = by_party.setdefault(one.party, dict.fromkeys(_OF_PERSON))
        for column in _OF_PERSON:
            if told[column] in (None, ""):
                told[column] = getattr(one.facts, column)
    for party, told in by_party.items():
        yield party, "", *(_fitting(told[column]) for column in _OF_PERSON), True


def _fitting(value: Any) -> Any:
    return value[:255] if isinstance(value, str) else value


def _finances(learnt: Iterable[Learnt]) -> Iterable[tuple[Any, ...]]:
    """The newest of each person that says anything."""
    newest: dict[UUID, Learnt] = {}
    for one in learnt:
        if one.facts.finances and (one.party not in newest or newest[one.party].at <= one.at):
            newest[one.party] = one
    for party, one in newest.items():
        told: FinanceFact = one.facts.finances or FinanceFact()
        yield (
            party, told.income, adjusted(told.income) if told.income is not None else None, told.income_min,
            told.income_max, told.purchasing_power, told.credit_score, told.risk_level, told.social_class, one.at,
        )  # fmt: skip
