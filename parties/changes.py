"""The one hook upwards: a golden record changed, so whoever caches or derives from it should listen."""

import threading
from collections.abc import Iterable
from typing import Any
from uuid import UUID
from weakref import WeakSet

from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import Signal

# sent once per commit with `party_ids: frozenset[UUID]` and `contact_values: frozenset[str]` that went away
party_changed = Signal()


_BEFORE = "_before_this_save"


class _News:
    """What one `announce` said. Django's list of commit hooks alone keeps it, so a rollback makes it vanish."""

    def __init__(self, ids: frozenset[UUID], values: frozenset[str]) -> None:
        self.ids, self.values = ids, values

    def __call__(self) -> None:
        """The first of a commit speaks for all; the others then find nothing left to say."""
        told = list(_pending.news)
        _pending.news.clear()
        if told:
            ids = frozenset().union(*(news.ids for news in told))
            values = frozenset().union(*(news.values for news in told))
            party_changed.send_robust(None, party_ids=ids, contact_values=values)


class _Pending(threading.local):
    def __init__(self) -> None:
        self.news: WeakSet[_News] = WeakSet()


_pending = _Pending()


def announce(party_ids: Iterable[UUID], gone_values: Iterable[str] = ()) -> None:
    """Tell the listeners, after commit and only then. For paths that bypass `save()`."""
    ids, values = frozenset(party_ids), frozenset(gone_values)
    if ids or values:
        news = _News(ids, values)
        _pending.news.add(news)
        transaction.on_commit(news, robust=True)


def listen_to_models() -> None:
    """Every ordinary save and delete announces itself: the admin, the shell, an import by ORM."""
    from parties import models

    parts: tuple[type[Model], ...] = (models.Person, models.Company, models.PartyFinances)
    for model in parts:
        _listen(model, "party_id")
    ties: tuple[type[Model], ...] = (models.PartyEnrichment, models.PartyAddress, models.PropertyOwnership)
    for model in ties:
        _listen(model, "party_id", moves=True)
    _listen(models.Party, "id", value="cpf_cnpj", moves=True)
    _listen(models.PartyContact, "party_id", value="value", moves=True)
    # both ends show the tie: the person's record and the company's page
    _listen(models.PartyRelationship, "from_party_id", "to_party_id", moves=True)
    _listen_to_place(models.Address, "residents")
    _listen_to_place(models.RealEstateProperty, "owners")


def _listen(model: type[Model], *owners: str, value: str = "", moves: bool = False) -> None:
    """`value` names the column that something may be cached under."""
    columns = [*owners, *([value] if value else [])]

    def changed(instance: Model, **_: Any) -> None:
        now = {column: getattr(instance, column) for column in columns}
        rows = [now, *vars(instance).pop(_BEFORE, ())]
        ids = [row[owner] for row in rows for owner in owners]
        announce(ids, [row[value] for row in rows if value and row[value]])

    def changing(instance: Model, update_fields: Iterable[str] | None = None, **_: Any) -> None:
        """What is cached under the value or the party that it had until now is outdated too."""
        telling = {*columns, *(owner.removesuffix("_id") for owner in owners)}
        if not instance._state.adding and (update_fields is None or telling & set(update_fields)):
            setattr(instance, _BEFORE, list(model._base_manager.filter(pk=instance.pk).values(*columns)))

    uid = f"party_changed:{model.__name__}"
    post_save.connect(changed, sender=model, weak=False, dispatch_uid=uid)
    post_delete.connect(changed, sender=model, weak=False, dispatch_uid=uid)
    if moves:
        pre_save.connect(changing, sender=model, weak=False, dispatch_uid=uid)


def _listen_to_place(model: type[Model], links: str) -> None:
    """A place is shown on the record of everybody tied to it; deleting it deletes the ties, which speak for it."""

    def changed(instance: Model, created: bool, **_: Any) -> None:
        if not created:
            announce(getattr(instance, links).values_list("party_id", flat=True))

    post_save.connect(changed, sender=model, weak=False, dispatch_uid=f"party_changed:{model.__name__}")
