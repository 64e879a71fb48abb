"""Who is on file: by a phone in any format, an e-mail, a document, or words of a name in any order."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Length
from rapidfuzz import fuzz

from parties.identifiers import CNPJ, CPF, Email, Identifier, Phone, Refused
from parties.models import Party, PartyAddress, PartyContact
from parties.names import folded, similarity, tokens
from parties.plain_text import plain

MOST = 500
# a name of more words than this is found by its first ones
_WORDS = 6


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
        return list(_named(Party.objects.all(), all_of(words)).values_list("pk", flat=True)[:MOST]) if words else []
    by_contact = PartyContact.objects.filter(value__in=values).values_list("party_id", flat=True)[:MOST]
    by_document = Party.objects.filter(cpf_cnpj__in=values).values_list("pk", flat=True)
    return [*by_contact, *by_document]


def ids_named(words: list[str]) -> list[UUID]:
    """Any of them where there are many: sorting them costs more than finding them."""
    return list(_named(Party.objects.all(), all_of(words)).order_by().values_list("pk", flat=True)[:MOST])


def parties_named(name: str, *, among: QuerySet[Party] | None = None) -> list[Hit]:
    """The best first. Accents, case and order do not matter; of a longer name, two words that fit are enough.

    Those with all the words come first; only where there are none, words may be missing on file as well.
    """
    words, parties = searched_words(name), Party.objects.all() if among is None else among
    if not words:
        return []
    hits = _hits(_named(parties, all_of(words)), name)
    if not hits and len(words) > 2:
        hits = _hits(_named(parties, " | ".join(f"({all_of(pair)})" for pair in combinations(words, 2))), name)
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


def _named(parties: QuerySet[Party], query: str) -> QuerySet[Party]:
    """Shortest names first: where there are too many to read, those with the least beside the words remain."""
    fits = SearchQuery(query, search_type="raw", config="simple")
    named = parties.alias(words=SearchVector("folded_name", config="simple")).filter(words=fits)
    return named.order_by(Length("folded_name"), "pk")


def _hits(parties: QuerySet[Party], name: str) -> list[Hit]:
    rows = parties.values_list("pk", "kind", "name", "cpf_cnpj", "folded_name")[:MOST]
    wanted = folded(name)
    return [_hit(row, similarity(name, row[2]), fuzz.token_sort_ratio(wanted, row[4]) / 100) for row in rows]


def _hit(row: tuple[UUID, str, str, str | None, str], likeness: float, closeness: float) -> Hit:
    """Among names that may be one person's as well as each other, the one spelled closer comes first."""
    pk, kind, name, document, _ = row
    return Hit(pk, kind, name, document, likeness, round(max(likeness * (0.9 + closeness / 10), closeness / 2), 3))


def cities_of(parties: Iterable[UUID]) -> dict[UUID, str]:
    """Where each lives, by its first address that names a city."""
    homes = PartyAddress.objects.filter(party__in=list(parties)).exclude(address__city="")
    first = homes.order_by("party", "-is_primary", "id").distinct("party")
    return dict(first.values_list("party_id", "address__city"))
