"""Who was forgotten after a backup was made is forgotten again once it is restored, before the service opens."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from c2s_enrich.privacy.erasure import erase
from c2s_enrich.privacy.erasure_log import Erasure, erasures
from c2s_enrich.privacy.registry import widened
from c2s_enrich.privacy.subject import Subject
from c2s_enrich.privacy.suppression import CONTACT, CPF, LEAD, Named, digests_of, suppress, suppress_again
from enrichment.models import Lead
from parties.models import Kind, Party, PartyContact


def erase_again() -> int:
    """How many people came back with the database; the log knows them by keyed hashes alone."""
    logged = erasures()
    if not logged:
        return 0
    found = _found_among(set().union(*(erasure.kinds for erasure in logged)))
    # somebody may have been erased twice; the later one finds nothing any more
    return sum(_let_go(one, {found[digest] for digest in one.kinds.keys() & found.keys()}) for one in logged)


def _found_among(digests: set[str]) -> dict[str, Named]:
    """Every name in the database is hashed: a minute for some millions."""
    return {digest: name for name in _names() for digest in digests_of(*name) if digest in digests}


def _names() -> Iterator[Named]:
    people = Party.objects.filter(kind=Kind.PERSON)
    for kind, rows, fields in (
        (CPF, people, ["cpf_cnpj"]),
        (CPF, Lead.objects.all(), ["chosen_cpf"]),
        (CONTACT, PartyContact.objects.all(), ["value"]),
        (CONTACT, Lead.objects.all(), ["phone_value", "email_value"]),
        (LEAD, Lead.objects.all(), ["lead_id", "crm_id"]),
    ):
        yield from ((kind, value) for value in _values(rows, fields))


def _values(rows: QuerySet[Any], fields: list[str]) -> Iterator[str]:
    for told in rows.values_list(*fields).iterator():
        yield from filter(None, told)


@transaction.atomic
def _let_go(erasure: Erasure, names: set[Named]) -> int:
    suppress_again(erasure)
    if not names:
        return 0
    given = {kind: {value for of, value in names if of == kind} for kind in (CPF, CONTACT, LEAD)}
    subject = Subject(next(iter(given[CPF]), ""), given[CONTACT])
    subject.lead_ids = given[LEAD]
    subject = widened(subject)
    suppress(subject.identifiers, request_id=erasure.request_id)
    return 1 if erase(subject) else 0
