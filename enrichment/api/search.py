"""Search among all parties: ranked by name, filtered, page by page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from c2s_enrich.models import Scope
from c2s_enrich.privacy.access_log import party_thing
from c2s_enrich.replica import reading_replica
from c2s_enrich.struct_schemas import answered
from enrichment.api import examples
from enrichment.api.asked import choice_in, identifier_in, limit_in, name_in, state_in, text_in
from enrichment.api.clear import seen
from enrichment.api.described import CURSOR, LIMIT, choice, described, query, text_of
from enrichment.api.guessing import refuse_guessing
from enrichment.api.paging import cursor_in, next_url, page_of
from enrichment.api.shapes import PartiesPage, PartyFound
from enrichment.customer import bare_document
from parties.disclosure import shown_text
from parties.identifiers import CPF, Email, Phone
from parties.models import Kind, Party, PartyContact
from parties.search import Hit, cities_of, in_city, parties_named

STATE = {"type": "string", "pattern": "^([A-Za-z]{2})?$"}


@dataclass(frozen=True, slots=True)
class _Found:
    party_id: UUID
    kind: str
    name: str
    document: str | None
    score: float | None


class PartiesView(APIView):
    """Ranked by how well the name fits; without a name the newest come first. Accents and case do not matter."""

    scope = Scope.LOOKUP

    @described(
        "parties", PartiesPage, tag="customers", refuses=(400,), example=examples.PARTIES,
        parameters=[
            query("name", "Words of the name in any order, whole or begun."),
            query("city", "Of any of its addresses."),
            query("state", "Of any of its addresses: two letters.", type=STATE),
            choice("type", "People or companies only.", Kind.values),
            choice("enriched", "Whether a profile was bought of them.", ["true", "false"]),
            query("cpf", "Whose it is.", type=text_of("cpf")),
            query("email", "Whose it is, as anybody told."),
            query("phone", "Whose it is, in any form, with its area code.", type=text_of("phone")),
            LIMIT, CURSOR,
        ],
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        with reading_replica():
            return self._page(request)

    def _page(self, request: Request) -> HttpResponse:
        name, limit, parties = name_in(request), limit_in(request), _filtered(request)
        guessing = refuse_guessing(request, request.query_params)
        rows = _ranked(request, name, parties) if name else _newest(request, parties, limit)
        page, last = page_of(rows, limit)
        if not page:
            guessing()
        following = [last.score, last.party_id] if name and last else [last.party_id] if last else None
        return answered(
            PartiesPage(
                results=_shown(page, clear=seen(request, [party_thing(row.party_id) for row in page], "document")),
                next=next_url(request, following) if following else None,
            )
        )


def _filtered(request: Request) -> QuerySet[Party]:
    parties = Party.objects.all()
    if kind := choice_in(request, "type", Kind.values):
        parties = parties.filter(kind=kind)
    if enriched := choice_in(request, "enriched", ["true", "false"]):
        parties = parties.filter(enriched=enriched == "true")
    if cpf := identifier_in(request, "cpf", CPF):
        parties = parties.filter(cpf_cnpj=cpf.value)
    for contact in (identifier_in(request, "email", Email), identifier_in(request, "phone", Phone)):
        if contact:
            parties = parties.filter(Exists(PartyContact.objects.filter(party=OuterRef("pk"), value=contact.value)))
    city, state = text_in(request, "city"), state_in(request)
    return in_city(parties, city, state) if city or state else parties


def _ranked(request: Request, name: str, parties: QuerySet[Party]) -> list[_Found]:
    """Those after the cursor: whoever is filed meanwhile takes his rank and moves nobody to another page."""
    hits: Iterable[Hit] = parties_named(name, among=parties)
    if after := cursor_in(request, float, UUID):
        score, party_id = after
        hits = (hit for hit in hits if (-hit.score, str(hit.party_id)) > (-score, str(party_id)))
    return [_Found(h.party_id, h.kind, h.name, h.document, h.score) for h in hits]


def _newest(request: Request, parties: QuerySet[Party], limit: int) -> list[_Found]:
    if after := cursor_in(request, UUID):
        parties = parties.filter(pk__lt=after[0])
    rows = parties.order_by("-pk").values_list("pk", "kind", "name", "cpf_cnpj")[: limit + 1]
    return [_Found(pk, kind, name, document, None) for pk, kind, name, document in rows]


def _shown(page: Sequence[_Found], *, clear: bool) -> list[PartyFound]:
    cities = cities_of(found.party_id for found in page)
    return [
        PartyFound(
            party_id=found.party_id,
            type=found.kind,  # type: ignore[arg-type]  # a check constraint knows the same two
            name=shown_text(found.name, clear=clear),
            cpf=bare_document(found.document, clear=clear),
            city=cities.get(found.party_id),
            score=found.score,
        )
        for found in page
    ]
