"""People and companies: one record per document, however often the predecessor had it."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from c2s_enrich.privacy import suppression
from c2s_enrich.privacy.suppression import suppressed_in_crowd
from enrichment.providers.reading import sex
from parties.identifiers import CNPJ, CPF, Refused
from parties.models import Kind
from parties.names import folded
from webhooks.legacy.source import Joined, Row, Wanted
from webhooks.legacy.staging import Taken, staged
from webhooks.legacy.values import SOURCE, calendar_day, document_of, first_moment, kind_of, line

FORGOTTEN = "asked to be forgotten"
_PEOPLE, _COMPANIES = (Joined(f"core.{table}", "party_id", "id") for table in ("people", "companies"))
WANTED = Wanted(
    table="core.parties",
    key="id",
    joined={"e": _PEOPLE, "c": _COMPANIES},
    moments="t.updated_at t.created_at e.updated_at c.updated_at",
    columns={
        "kind": "t.party_type",
        "document": "t.cpf_cnpj",
        "cpf": "e.document_cpf",
        "cnpj": "c.cnpj",
        "name": "t.full_name t.name e.full_name c.legal_name t.normalized_name",
        "birth_date": "t.birth_date e.birth_date",
        "sex": "t.sex e.sex",
        "mother_name": "t.mother_name e.mothers_name",
        "father_name": "t.father_name",
        "marital_status": "e.marital_status",
        "legal_name": "c.legal_name t.full_name t.name",
        "trade_name": "c.trade_name t.fantasy_name",
        "size": "c.company_size t.company_size",
        "industry": "c.industry",
        "founded_on": "c.foundation_date t.opening_date",
        "created_at": "t.created_at",
        "updated_at": "t.updated_at t.created_at",
    },
)
LONELY = [
    Wanted(table, "party_id", {}, joined={"p": Joined("core.parties", "id", "party_id")}, lonely="p")
    for table in ("core.people", "core.companies")
]
OF_PERSON = ("birth_date", "sex", "mother_name", "father_name", "marital_status")
OF_COMPANY = ("legal_name", "trade_name", "size", "industry", "founded_on")
_TOLD = ("name", *OF_PERSON, *OF_COMPANY)
_STAGED = """
id uuid, kind text, cpf_cnpj text, name text, folded_name text, origins jsonb, created_at timestamptz,
updated_at timestamptz, birth_date date, sex text, mother_name text, father_name text, marital_status text,
legal_name text, trade_name text, size text, industry text, founded_on date, is_first boolean, here_id uuid
"""
# a record that staff corrected is left as it is
FREE = """p.origins::text not like '%"pinned": true%'"""
_INSERT = """
insert into parties (id, kind, cpf_cnpj, name, folded_name, enriched, origins, created_at, updated_at)
select id, kind, cpf_cnpj, name, folded_name, false, origins, created_at, updated_at from staged where is_first
order by id on conflict do nothing
"""
_FIND = """
update staged s set here_id = coalesce((select p.id from parties p where p.cpf_cnpj = s.cpf_cnpj), s.id)
"""
_ALIAS = """
insert into legacy_aliases (legacy_id, here_id) select id, here_id from staged where id <> here_id
on conflict (legacy_id) do update set here_id = excluded.here_id
"""
_FILL = f"""
update parties p set origins = s.origins || p.origins,
  name = case when p.name = '' then s.name else p.name end,
  folded_name = case when p.name = '' then s.folded_name else p.folded_name end
from staged s where is_first and p.id = s.here_id and p.kind = s.kind and (s.id <> s.here_id or p.name = '') and {FREE}
"""  # noqa: S608  all of it is ours


# `offset 0` is a fence: one look by key for each staged row, never a walk through all parties
def part_fill(table: str, kind: Kind, columns: Sequence[str], blank: Iterable[str]) -> str:
    """What of the person or the company is told, where nothing stands yet."""
    nulls = [c for c in columns if c not in set(blank)]
    rest = ", ".join(f"{c} = coalesce({table}.{c}, excluded.{c})" for c in nulls)
    texts = ", ".join(f"{c} = coalesce(nullif({table}.{c}, ''), excluded.{c})" for c in blank)
    listed = ", ".join(columns)
    empty = {column: "''" for column in _EMPTY[table] if column not in columns}
    return (
        f"insert into {table} (party_id, {', '.join([listed, *empty])}) "  # noqa: S608
        f"select here_id, {', '.join([*(f's.{c}' for c in columns), *empty.values()])} "
        f"from staged s cross join lateral (select from parties p "
        f"where p.id = s.here_id and p.kind = '{kind.value}' and {FREE} offset 0) p where is_first "
        f"on conflict (party_id) do update set {', '.join(filter(None, (rest, texts)))}"
    )


_EMPTY = {
    "people": (
        "sex", "mother_name", "father_name", "marital_status", "birthplace", "education", "nationality", "occupation",
        "registration_status",
    ),
    "companies": ("legal_name", "trade_name", "size", "industry"),
}  # fmt: skip
_STATEMENTS = {
    "inserted": _INSERT,
    "found": _FIND,
    "merged": _ALIAS,
    "filled": _FILL,
    "people": part_fill("people", Kind.PERSON, OF_PERSON, ("sex", "mother_name", "father_name", "marital_status")),
    "companies": part_fill("companies", Kind.COMPANY, OF_COMPANY, ("legal_name", "trade_name", "size", "industry")),
}


def parties_read(rows: Sequence[Row]) -> tuple[list[dict[str, Any]], Taken]:
    """Those that are parties; the others are refused."""
    taken, now = Taken(), timezone.now()
    return [party for row in rows if (party := _party(row, taken, now))], taken


def parties_take(read: tuple[list[dict[str, Any]], Taken]) -> Taken:
    told, taken = read
    forgotten = suppressed_in_crowd((suppression.CPF, party["cpf_cnpj"]) for party in told if party["cpf_cnpj"])
    numbers = {value for _, value in forgotten}
    for party in told:
        if party["cpf_cnpj"] in numbers:
            taken.refuse(party["id"], FORGOTTEN)
    written = staged(_STAGED, map(_row, _merged(p for p in told if p["cpf_cnpj"] not in numbers)), _STATEMENTS)
    taken.written = written["inserted"]
    return taken


def lonely_take(rows: Sequence[Row]) -> Taken:
    """What the predecessor kept of a party that it did not have."""
    taken = Taken()
    for row in rows:
        taken.refuse(row["key"], "there is no such party")
    return taken


def _party(row: Row, taken: Taken, now: datetime) -> dict[str, Any] | None:
    number = document_of(row["document"], row["cpf"], row["cnpj"])
    if isinstance(number, Refused):
        taken.refuse(row["key"], f"came in without its document: {number.reason}")
        number = None
    kind = kind_of(row["kind"], number)
    if kind is None:
        taken.refuse(row["key"], "neither a person nor a company")
        return None
    return _read(row, number, kind, now)


def _read(row: Row, number: CPF | CNPJ | None, kind: Kind, now: datetime) -> dict[str, Any]:
    name, at = line(row["name"]), first_moment(row, "updated_at", otherwise=now)
    party: dict[str, Any] = {
        "id": row["key"],
        "kind": kind.value,
        "cpf_cnpj": number.value if number else None,
        "name": name,
        "created_at": first_moment(row, "created_at", otherwise=at),
        "updated_at": at,
    }
    told = _of_person(row) if kind == Kind.PERSON else _of_company(row)
    party |= dict.fromkeys((*OF_PERSON, *OF_COMPANY)) | told
    origin = {"source": SOURCE, "at": at.isoformat()}
    party["origins"] = {key: origin for key in ("name", *told) if party[key]}
    return party


def _of_person(row: Row) -> dict[str, Any]:
    return {
        "birth_date": calendar_day(row["birth_date"]),
        "sex": sex(row["sex"]),
        "mother_name": line(row["mother_name"]),
        "father_name": line(row["father_name"]),
        "marital_status": line(row["marital_status"], 60),
    }


def _of_company(row: Row) -> dict[str, Any]:
    return {
        "legal_name": line(row["legal_name"]),
        "trade_name": line(row["trade_name"]),
        "size": line(row["size"], 60),
        "industry": line(row["industry"]),
        "founded_on": calendar_day(row["founded_on"]),
    }


def _merged(parties: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of one document in this chunk complete the first of them, and then only tell who they are."""
    firsts: dict[str, dict[str, Any]] = {}
    merged = []
    for party in parties:
        merged.append(party)
        first = firsts.setdefault(party["cpf_cnpj"] or party["id"], party)
        party["is_first"] = first is party
        for key in _TOLD:
            if first is not party and not first[key] and party[key]:
                first[key] = party[key]
                first["origins"][key] = party["origins"][key]
    return merged


def _row(party: dict[str, Any]) -> tuple[Any, ...]:
    return (
        party["id"], party["kind"], party["cpf_cnpj"], party["name"], folded(party["name"])[:255],
        json.dumps(party["origins"]), party["created_at"], party["updated_at"],
        *(party[key] for key in OF_PERSON), *(party[key] for key in OF_COMPANY), party["is_first"], None,
    )  # fmt: skip
