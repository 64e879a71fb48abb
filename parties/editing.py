"""Staff correct a golden record; what they say stands, whatever a provider tells later."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Model

from c2s_enrich.privacy import suppression
from parties import changes, history
from parties.filing.contacts import contact_key
from parties.filing.primaries import crown
from parties.filing.values import STAFF, value_pin, value_release
from parties.identifiers import Email, Phone
from parties.models import Cause, Company, ContactType, Party, PartyContact, Person


class DocumentTaken(Exception):
    """Another party has this CPF or CNPJ: the two should be merged."""


@transaction.atomic
def party_edit(
    *,
    party_id: UUID,
    values: Mapping[str, Any],
    add: Iterable[Phone | Email] = (),
    remove: Iterable[str] = (),
    by: str = "",
) -> Party:
    """Only what is named is written, and pinned; `remove` names contacts by their value.

    Raises DocumentTaken, and PersonSuppressed where the document or a contact is of somebody who was forgotten.
    """
    party = Party.objects.select_for_update(no_key=True).get(pk=party_id)
    add = list(add)
    _refuse_suppressed(values.get("cpf_cnpj"), add)
    with history.noted(party_id, cause=Cause.STAFF, by=by):
        _edited(party, values, add, remove)
    changes.announce([party.pk])
    return party


def _edited(party: Party, values: Mapping[str, Any], add: Iterable[Phone | Email], remove: Iterable[str]) -> None:
    try:
        with transaction.atomic():
            _write(party, values)
    except IntegrityError as error:
        raise DocumentTaken from error
    for column in values:
        if column != "cpf_cnpj":
            value_pin(party, column)
    for contact in add:
        _contact_add(party, contact)
    _contacts_remove(party, remove)


def _refuse_suppressed(document: str | None, contacts: Iterable[Phone | Email]) -> None:
    named = [(suppression.CONTACT, contact.value) for contact in contacts]
    if suppression.suppressed_among([*named, *([(suppression.CPF, document)] if document else [])]):
        raise suppression.PersonSuppressed


def _write(party: Party, values: Mapping[str, Any]) -> None:
    part = _part(party)
    own = {column.name for column in Party._meta.concrete_fields}
    for column, value in values.items():
        setattr(party if column in own else part, column, value)
    if any(column in own for column in values):
        party.save(update_fields=[*(column for column in values if column in own), "updated_at"])
    if any(column not in own for column in values):
        part.save()


def _part(party: Party) -> Model:
    model: type[Model] = Person if party.kind == "person" else Company
    return model._base_manager.get_or_create(party=party)[0]


def _contact_add(party: Party, contact: Phone | Email) -> None:
    kind = ContactType.EMAIL if isinstance(contact, Email) else ContactType.PHONE
    PartyContact.objects.get_or_create(
        party=party, value=contact.value, defaults={"contact_type": kind, "source": STAFF, "is_verified": True}
    )
    value_release(party, contact_key(contact.value))
    crown(PartyContact.objects.filter(party=party, value=contact.value))


def _contacts_remove(party: Party, values: Iterable[str]) -> None:
    """A pin keeps each from coming back with the next enrichment."""
    for contact in PartyContact.objects.filter(party=party, value__in=list(values)):
        contact.delete()
        value_pin(party, contact_key(contact.value))
