"""Who is on file: by a phone in any format, an e-mail, a document, or words of a name in any order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Length
from rapidfuzz import fuzz

from parties.identifiers import CNPJ, CPF, Email, Identifier, Phone, Refused
from parties.models import Party, PartyAddress, PartyContact
from parties.names import folded, similarity, tokens
from parties.plain_text import name_word, plain

MOST = 500
# a page full of those who fit best leaves nobody looking for those who fit less
_ENOUGH = 50
# of a crowd that shares the words so many are read, whichever they are, and the shortest names among them kept
_READ_AT_MOST = 2000
# a name of more words than this is found by its first ones
_WORDS = 6
_COLUMNS = ("pk", "kind", "name", "cpf_cnpj", "folded_name")
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A party whose name fits. `likeness` is that of the two names, `score` ranks: both 0 to 1."""

    party_id: UUID
    kind: str
    name: str
    document: str | None
    likeness: float
    score: float


def identifiers_in(term: str) -> list[Identifier]:
    """All that the term can be read as: eleven digits may be a phone and a CPF."""
    read = (kind.parse(term) for kind in (Phone, Email, CPF, CNPJ))
    return [found for found in read if not isinstance(found, Refused)]


def party_ids(term: str) -> list[UUID]:
    """The parties that the term fits, each way answered by an index."""
    values = [found.value for found in identifiers_in(term)]
    if not values:
        words = searched_words(term)
        return [row[0] for row in _with_all(Party.objects.all(), words, "pk")] if words else []
    by_contact = PartyContact.objects.filter(value__in=values).values_list("party_id", flat=True)[:MOST]
    by_document = Party.objects.filter(cpf_cnpj__in=values).values_list("pk", flat=True)
    return [*by_contact, *by_document]


def ids_named(words: list[str]) -> list[UUID]:
    """Any of them where there are many: sorting them costs more than finding them."""
    return list(_with_words(Party.objects.all(), all_of(words)).values_list("pk", flat=True)[:MOST])


def parties_named(name: str, *, among: QuerySet[Party] | None = None) -> list[Hit]:
    """The best first. Accents, case and order do not matter; of a longer name, two words that fit are enough.

    Those with all the words come first; only where there are none, words may be missing on file as well.
    """
    words, parties = searched_words(name), Party.objects.all() if among is None else among
    if not words:
        return []
    hits = _hits(_with_all(parties, words, *_COLUMNS), name)
    if not hits and len(words) > 2:
        hits = _hits(_with_two(parties, words, *_COLUMNS), name)
    return sorted(hits, key=lambda hit: (-hit.score, str(hit.party_id)))


def searched_words(name: str) -> list[str]:
    """Folded; initials say too little to search by, and particles are left out where there is anything else."""
    words = [word for word in dict.fromkeys(tokens(name) or folded(name).split()) if len(word) > 1]
    return words[:_WORDS]


def in_city(parties: QuerySet[Party], city: str, state: str = "") -> QuerySet[Party]:
    homes = PartyAddress.objects.filter(party=OuterRef("pk"))
    if city:
        homes = homes.alias(plain_city=plain("address__city")).filter(plain_city=plain(Value(city)))
    if state:
        homes = homes.filter(address__state=state.upper())
    return parties.filter(Exists(homes))


def all_of(words: Iterable[str]) -> str:
    """Every word must begin some word of the name."""
    return " & ".join(f"'{word}':*" for word in words)


def _whole(words: Iterable[str]) -> str:
    return " & ".join(f"'{word}'" for word in words)


def _with_all(parties: QuerySet[Party], words: list[str], *columns: str) -> list[Row]:
    """Those that begin and end with the words, then those that hold them, then those whose words they begin."""
    texts = [_whole(words), all_of(words)]
    return _enough([_between(parties, words), *(_shortest(_with_words(parties, text)) for text in texts)], columns)


def _with_two(parties: QuerySet[Party], words: list[str], *columns: str) -> list[Row]:
    pairs = [*combinations(words, 2)]
    texts = [" | ".join(f"({fits(pair)})" for pair in pairs) for fits in (_whole, all_of)]
    return _enough([_shortest(_with_words(parties, text)) for text in texts], columns)


def _enough(ways: Iterable[QuerySet[Party]], columns: Sequence[str]) -> list[Row]:
    """Each way costs more than the one before, and is spared where there are enough already."""
    rows: dict[UUID, Row] = {}
    for found in ways:
        if len(rows) < _ENOUGH:
            rows |= {row[0]: row for row in found.values_list(*columns)[:MOST] if row[0] not in rows}
    return list(rows.values())[:MOST]


def _between(parties: QuerySet[Party], words: list[str]) -> QuerySet[Party]:
    """In the index's own order, so that no more are read than are wanted."""
    if len(words) > 2:
        return parties.none()
    begun = parties.alias(first=name_word(1), last=name_word(-1)).filter(first=words[0])
    if len(words) == 1:
        return begun.order_by("last", Length("folded_name"), "pk")
    return begun.filter(last=words[-1]).order_by(Length("folded_name"), "pk")


def _with_words(parties: QuerySet[Party], query: str) -> QuerySet[Party]:
    fits = SearchQuery(query, search_type="raw", config="simple")
    return parties.alias(words=SearchVector("folded_name", config="simple")).filter(words=fits)


def _shortest(parties: QuerySet[Party]) -> QuerySet[Party]:
    """With the least beside the words that were asked for; of a crowd, those of a part of it."""
    some = parties.values("pk")[:_READ_AT_MOST]
    return Party.objects.filter(pk__in=some).order_by(Length("folded_name"), "pk")


def _hits(rows: Iterable[Row], name: str) -> list[Hit]:
    wanted = folded(name)
    return [_hit(row, similarity(name, row[2]), fuzz.token_sort_ratio(wanted, row[4]) / 100) for row in rows]


def _hit(row: Row, likeness: float, closeness: float) -> Hit:
    """Among names that may be one person's as well as each other, the one spelled closer comes first."""
    pk, kind, name, document, _ = row
    return Hit(pk, kind, name, document, likeness, round(max(likeness * (0.9 + closeness / 10), closeness / 2), 3))


def cities_of(parties: Iterable[UUID]) -> dict[UUID, str]:
    """Where each lives, by its first address that names a city."""
    homes = PartyAddress.objects.filter(party__in=list(parties)).exclude(address__city="")
    first = homes.order_by("party", "-is_primary", "id").distinct("party")
    return dict(first.values_list("party_id", "address__city"))
