"""The one hook upwards: a golden record changed, so whoever caches or derives from it should listen."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import Signal

# sent once per commit with `party_ids: frozenset[UUID]` and `contact_values: frozenset[str]` that went away
party_changed = Signal()


def announce(party_ids: Iterable[UUID], gone_values: Iterable[str] = ()) -> None:
    """Tell the listeners, after commit and only then. For paths that bypass `save()`."""
    ids, values = frozenset(party_ids), frozenset(gone_values)
    if ids:
        transaction.on_commit(lambda: party_changed.send(None, party_ids=ids, contact_values=values), robust=True)


def listen_to_models() -> None:
    """Every ordinary save and delete announces itself: the admin, the shell, an import by ORM."""
    from parties import models

    for model, path in {
        models.Party: "pk",
        models.Person: "party_id",
        models.Company: "party_id",
        models.PartyContact: "party_id",
        models.PartyEnrichment: "party_id",
        models.PartyFinances: "party_id",
        models.PartyAddress: "party_id",
        models.PropertyOwnership: "party_id",
        models.PartyRelationship: "from_party_id",
    }.items():
        _listen(model, path)


def _listen(model: Any, path: str) -> None:
    def changed(instance: Any, **_: Any) -> None:
        gone = [instance.value] if hasattr(instance, "value") else []
        announce([getattr(instance, path)], gone)

    def party_going(instance: Any, **_: Any) -> None:
        values = list(instance.contacts.values_list("value", flat=True))
        announce([instance.pk], [*values, *([instance.cpf_cnpj] if instance.cpf_cnpj else [])])

    uid = f"party_changed:{model.__name__}"
    post_save.connect(changed, sender=model, weak=False, dispatch_uid=uid)
    if path == "pk":
        pre_delete.connect(party_going, sender=model, weak=False, dispatch_uid=uid)
    else:
        post_delete.connect(changed, sender=model, weak=False, dispatch_uid=uid)
