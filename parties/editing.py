"""Staff correct a golden record; what they say stands, whatever a provider tells later."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Model

from parties import changes
from parties.filing.contacts import contact_key
from parties.filing.primaries import crown
from parties.filing.values import STAFF, value_pin, value_release
from parties.identifiers import Email, Phone
from parties.models import Company, ContactType, Party, PartyContact, Person


class DocumentTaken(Exception):
    """Another party has this CPF or CNPJ: the two should be merged."""


@transaction.atomic
def party_edit(
    *,
    party_id: UUID,
    values: Mapping[str, Any],
    add: Iterable[Phone | Email] = (),
    remove: Iterable[str] = (),
) -> Party:
    """Only what is named is written, and pinned; `remove` names contacts by their value. Raises DocumentTaken."""
    party = Party.objects.select_for_update(no_key=True).get(pk=party_id)
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
    changes.announce([party.pk])
    return party


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
