"""What every correction by staff shares: the lock, the note of who changed what, the refusal of the forgotten."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction

from c2s_enrich.privacy import suppression
from parties import changes, history
from parties.identifiers import CPF, Email, Phone
from parties.models import Cause, Party


@contextmanager
def by_hand(party_id: UUID, *, by: str) -> Iterator[Party]:
    """The party, locked: whoever files or edits the same one waits. What changes meanwhile is noted and announced."""
    with transaction.atomic():
        party = Party.objects.select_for_update(no_key=True).get(pk=party_id)
        with history.noted(party_id, cause=Cause.STAFF, by=by):
            yield party
        changes.announce([party.pk])


def refuse_forgotten(identifier: CPF | Email | Phone) -> None:
    """Raises PersonSuppressed where it is of somebody who asked to be forgotten."""
    kind = suppression.CPF if isinstance(identifier, CPF) else suppression.CONTACT
    if suppression.is_suppressed(kind, identifier.value):
        raise suppression.PersonSuppressed
