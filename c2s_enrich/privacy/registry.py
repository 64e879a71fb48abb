"""What is held of people, told by each room for its own tables.

A room's `privacy` module calls `hold` for every model with people in it and `holds_nobody` for every other one; a
test fails for a model that nobody spoke of.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, Q, QuerySet

from c2s_enrich.privacy.subject import Subject


def rows_delete(rows: QuerySet[Any], _subject: Subject) -> int:
    return rows.delete()[0]


@dataclass(frozen=True, slots=True)
class Holding:
    """One table with people in it.

    `of` says which rows are about somebody, `erase` what becomes of them. In the columns of `scrub` identifiers of
    somebody may stand in rows about others: there they alone are taken out.
    """

    model: type[Model]
    what: Any
    why: Any
    of: Callable[[Subject], Q]
    # the rule of retention that ends it; empty where the row goes with another, or stays until it is erased
    kept: str = ""
    goes_with: str = ""
    erase: Callable[[QuerySet[Any], Subject], int] = rows_delete
    scrub: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    def rows(self, subject: Subject) -> QuerySet[Any]:
        return self.model._base_manager.filter(self.of(subject))


@dataclass(frozen=True, slots=True)
class Derived:
    """What is reckoned from tables and kept, so that a row deleted there lives on here until it is reckoned anew.

    `renew` does that when there may be something of somebody in it; `left` counts rows of those who are gone.
    """

    name: str
    what: str
    renew: Callable[[Subject], None]
    left: Callable[[], int]


@dataclass(slots=True)
class _Register:
    holdings: dict[str, Holding] = field(default_factory=dict)
    nobody: dict[str, str] = field(default_factory=dict)
    widening: dict[str, Callable[[Subject], None]] = field(default_factory=dict)
    derived: dict[str, Derived] = field(default_factory=dict)


_register = _Register()


def hold(*holdings: Holding) -> None:
    """A row before what points at it, for erasing goes the other way."""
    _register.holdings |= {holding.label: holding for holding in holdings}


def holds_nobody(reasons: dict[str, str]) -> None:
    """Models without a person in them, by label, and why one may be sure."""
    _register.nobody |= reasons


def derive(*derived: Derived) -> None:
    """Every materialised view, by its name with the schema."""
    _register.derived |= {one.name: one for one in derived}


def widens(room: str, deed: Callable[[Subject], None]) -> None:
    """How a room adds what it knows of somebody: contacts, leads, ids. Lower rooms are asked first."""
    _register.widening[room] = deed


def holdings() -> list[Holding]:
    """Upper rooms first: their rows point at those of the lower ones."""
    return list(reversed(_register.holdings.values()))


def without_people() -> dict[str, str]:
    return dict(_register.nobody)


def derived() -> list[Derived]:
    return list(_register.derived.values())


def widened(subject: Subject) -> Subject:
    for deed in _register.widening.values():
        deed(subject)
    return subject
