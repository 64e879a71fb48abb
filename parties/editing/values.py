"""Staff correct a golden record; what they say stands, whatever a provider tells later."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone

from parties.editing.by_hand import by_hand, refuse_forgotten
from parties.filing.finances import income_adjust
from parties.filing.values import STAFF, value_pin
from parties.identifiers import CPF
from parties.models import Company, Party, PartyFinances, Person

FINANCES = "finances."


class DocumentTaken(Exception):
    """Another party has this CPF or CNPJ: the two should be merged."""


def party_edit(*, party_id: UUID, values: Mapping[str, Any], by: str = "") -> Party:
    """Only what is named is written, and pinned; finances are named `finances.income` and so on.

    Raises DocumentTaken, and PersonSuppressed where the document is of somebody who was forgotten.
    """
    document = values.get("cpf_cnpj")
    if document:
        refuse_forgotten(CPF(document))
    money = {key.removeprefix(FINANCES): value for key, value in values.items() if key.startswith(FINANCES)}
    with by_hand(party_id, by=by) as party:
        try:
            with transaction.atomic():
                _write(party, {key: value for key, value in values.items() if not key.startswith(FINANCES)})
        except IntegrityError as error:
            raise DocumentTaken from error
        for key in values:
            if key != "cpf_cnpj":
                value_pin(party, key)
        if money:
            _write_finances(party, money)
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


def _write_finances(party: Party, values: Mapping[str, Any]) -> None:
    held = PartyFinances.objects.filter(party=party).first() or PartyFinances(party=party)
    for column, value in values.items():
        setattr(held, column, value)
    if "income" in values:
        income_adjust(party, held)
    held.source, held.as_of = STAFF, timezone.now()
    held.save()
    party.save(update_fields=["origins", "updated_at"])


def _part(party: Party) -> Model:
    model: type[Model] = Person if party.kind == "person" else Company
    return model._base_manager.get_or_create(party=party)[0]
