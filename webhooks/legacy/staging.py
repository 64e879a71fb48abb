"""A chunk's rows beside our tables, so that one statement files them all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction


class Refusal(NamedTuple):
    """A row, or a value of it, that did not come in. No value: the file may lie about."""

    key: str
    why: str


@dataclass(slots=True)
class Taken:
    written: int = 0
    refused: list[Refusal] = field(default_factory=list)

    def refuse(self, key: str, why: str) -> None:
        self.refused.append(Refusal(key, why))


class Known(NamedTuple):
    """The party that a row of the predecessor's speaks of, as it is filed here."""

    id: UUID
    kind: str
    document: str


_KNOWN = """
select told::text, p.id, p.kind, coalesce(p.cpf_cnpj, '') from unnest(%s::uuid[]) told
left join legacy_aliases a on a.legacy_id = told join parties p on p.id = coalesce(a.here_id, told)
"""


def parties_known(ids: Iterable[str]) -> dict[str, Known]:
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [list({i for i in ids if i})])
        return {told: Known(*rest) for told, *rest in cursor.fetchall()}


def staged(columns: str, rows: Iterable[tuple[Any, ...]], statements: Mapping[str, str]) -> dict[str, int]:
    """How many rows each statement wrote, having the rows as table `staged`."""
    written: dict[str, int] = {}
    with connection.cursor() as cursor:
        # tables this small fool the planner into reading all of ours: an index leads to each of their rows
        cursor.execute(
            "set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off"
        )
        cursor.execute(f"create temporary table staged ({columns}) on commit drop")
        with cursor.copy("copy staged from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        for name, statement in statements.items():
            cursor.execute(statement)
            written[name] = cursor.rowcount
        cursor.execute("drop table staged")
    return written


def crowned(statement: str) -> None:
    """By sixteenths of all parties: one by one they are looked for all over the table, at once they are locked long."""
    for first in "0123456789abcdef":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local work_mem = '64MB'")
            cursor.execute(statement, [UUID(first + "0" * 31), UUID(first + "f" * 31)])
