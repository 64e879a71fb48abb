"""Two parties that are one: what merging them does, doing it, and undoing it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core import serializers
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignKey, Model, OneToOneRel, QuerySet
from django.utils import timezone

from c2s_enrich.privacy.suppression import CPF, is_suppressed
from parties import changes, history
from parties.filing.primaries import crown
from parties.filing.values import pinned
from parties.models import Cause, Company, Party, PartyChange, PartyContact, PartyFinances, PartyMerge, Person

# columns that make a row of the kept party the same as one of the other's, per table
_SAME = {
    "parties.partycontact": ("value",),
    "parties.partyaddress": ("address_id",),
    "parties.partyrelationship": ("from_party_id", "to_party_id", "role"),
    "parties.propertyownership": ("property_id",),
}
_PARTS: tuple[type[Model], ...] = (Person, Company, PartyFinances)
_MERGED_ON_AT_MOST, _THE_SAME_MOMENT = 20, timedelta(minutes=1)
_OF_PARTY = ("name", "cpf_cnpj", "enriched", "enriched_at")


class CannotMerge(Exception):
    """`code` says why, for whoever words it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Filled:
    """A value that the kept party lacks and takes over."""

    model: str
    field: str
    before: Any
    after: Any


@dataclass(slots=True)
class Plan:
    kept: Party
    gone: Party
    moved: dict[str, list[Model]] = field(default_factory=dict)
    doubled: list[Model] = field(default_factory=list)
    filled: list[Filled] = field(default_factory=list)
    parts: list[Model] = field(default_factory=list)

    @property
    def has_two_documents(self) -> bool:
        return bool(self.kept.cpf_cnpj and self.gone.cpf_cnpj)


def merge_preview(*, kept_id: UUID, gone_id: UUID) -> Plan:
    """What a merge would do; nothing is changed."""
    parties = Party.objects.in_bulk([kept_id, gone_id])
    return _plan(parties, kept_id, gone_id)


@transaction.atomic
def parties_merge(*, kept_id: UUID, gone_id: UUID, by: str) -> PartyMerge:
    """All of `gone` becomes part of `kept`; raises CannotMerge."""
    plan = _plan(_locked([kept_id, gone_id]), kept_id, gone_id)
    values = _values(plan.gone)
    record = PartyMerge(kept_id=kept_id, gone_id=gone_id, gone_name=plan.gone.name, merged_by=by)
    record.gone_rows = _written([plan.gone, *plan.parts, *plan.doubled])
    record.filled = [[f.model, f.field, _plain(f.before), _plain(f.after)] for f in plan.filled]
    with history.noted(kept_id, cause=Cause.MERGE, by=by):
        _move(plan, record)
        Party.objects.filter(pk=gone_id).delete()
        _fill(plan)
    record.save()
    changes.announce([kept_id, gone_id], values)
    return record


@transaction.atomic
def merge_undo(*, merge_id: UUID, by: str = "") -> Party:
    """The two as they were; what came to the kept one since then stays there. Raises CannotMerge."""
    record = PartyMerge.objects.select_for_update().get(pk=merge_id)
    kept = _locked([record.kept_id]).get(record.kept_id)
    _refuse_undo(record, kept)
    assert kept is not None
    with history.noted(kept.pk, cause=Cause.PARTED, by=by):
        _empty_again(kept, record.filled)
        _bring_back(record)
        _move_back(record)
    record.undone_at = timezone.now()
    record.save(update_fields=["undone_at"])
    gone = Party.objects.get(pk=record.gone_id)
    changes.announce([kept.pk, gone.pk], _values(gone))
    return gone


def merges_of_gone(document: str) -> QuerySet[PartyMerge]:
    """Those in which the party with this document went."""
    return PartyMerge.objects.filter(gone_rows__0__fields__cpf_cnpj=document) if document else PartyMerge.objects.none()


def merge_forget(record: PartyMerge) -> None:
    """Whoever went is to be forgotten: what the kept one has of them goes, and nothing can be undone any more."""
    kept = _kept_by_now(record.kept_id)
    if kept is not None and record.undone_at is None:
        _empty_again(kept, record.filled)
        for link, ids in record.moved.items():
            model, owner = _model_of(link)
            if model._meta.app_label == Party._meta.app_label:
                model._base_manager.filter(pk__in=ids, **{owner: kept.pk}).delete()
    # the history of the kept one says what came to it then
    span = (record.merged_at - _THE_SAME_MOMENT, record.merged_at + _THE_SAME_MOMENT)
    PartyChange.objects.filter(party_id=record.kept_id, cause=Cause.MERGE, at__range=span).delete()
    record.delete()


def _kept_by_now(party_id: UUID) -> Party | None:
    """Whoever was kept may have gone into somebody else since."""
    for _ in range(_MERGED_ON_AT_MOST):
        party = Party.objects.select_for_update().filter(pk=party_id).first()
        later = None if party else PartyMerge.objects.filter(gone_id=party_id, undone_at=None).first()
        if later is None:
            return party
        party_id = later.kept_id
    return None


def merges_to_undo(party_id: UUID) -> QuerySet[PartyMerge]:
    return PartyMerge.objects.filter(kept_id=party_id, undone_at=None).order_by("-id")


def _bring_back(record: PartyMerge) -> None:
    try:
        with transaction.atomic():
            for row in serializers.deserialize("json", json.dumps(record.gone_rows)):
                row.save()
            # what they point at is looked for at the end of a transaction, and this is it
            connection.check_constraints()
    except IntegrityError:
        raise CannotMerge("rows_are_gone") from None


def _refuse_undo(record: PartyMerge, kept: Party | None) -> None:
    if record.undone_at:
        raise CannotMerge("undone_before")
    if kept is None:
        raise CannotMerge("kept_is_gone")
    if merges_to_undo(record.kept_id).filter(pk__gt=record.pk).exists():
        raise CannotMerge("later_ones_first")
    document = record.gone_rows[0]["fields"]["cpf_cnpj"]
    if document and is_suppressed(CPF, document):
        raise CannotMerge("erased")
    if document and Party.objects.filter(cpf_cnpj=document).exclude(pk=kept.pk).exists():
        raise CannotMerge("document_is_back")


def _locked(ids: Iterable[UUID]) -> dict[UUID, Party]:
    """Held until commit, always in the same order, so that two merges of the same pair take turns."""
    rows = Party.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk")
    return {party.pk: party for party in rows}


def _plan(parties: dict[UUID, Party], kept_id: UUID, gone_id: UUID) -> Plan:
    if kept_id == gone_id:
        raise CannotMerge("same_party")
    if len(parties) < 2:
        raise CannotMerge("party_is_gone")
    plan = Plan(parties[kept_id], parties[gone_id])
    if plan.kept.kind != plan.gone.kind:
        raise CannotMerge("different_kinds")
    _plan_rows(plan)
    _plan_values(plan)
    return plan


def _links() -> Iterator[tuple[type[Model], str]]:
    """Every table that points at a party, those of upper rooms included, but for the parts that are one to one."""
    for relation in Party._meta.related_objects:
        if not isinstance(relation, OneToOneRel) and isinstance(relation.field, ForeignKey):
            yield relation.related_model, relation.field.attname


def _plan_rows(plan: Plan) -> None:
    for model, owner in _links():
        columns = _SAME.get(model._meta.label_lower, ())
        rows = model._base_manager.filter(**{owner: plan.gone.pk}).order_by("pk")
        theirs = model._base_manager.filter(**{owner: plan.kept.pk}) if columns else ()
        known = {_same(row, owner, columns, plan) for row in theirs}
        moved = plan.moved.setdefault(f"{model._meta.label_lower}.{owner}", [])
        for row in rows:
            key = _same(row, owner, columns, plan)
            if (columns and key in known) or _ties_to_itself(row, plan):
                plan.doubled.extend([row] if row not in plan.doubled else [])
            else:
                moved.append(row)
                known.add(key)


def _same(row: Any, owner: str, columns: tuple[str, ...], plan: Plan) -> tuple[Any, ...]:
    return tuple(plan.kept.pk if column == owner else getattr(row, column) for column in columns)


def _ties_to_itself(row: Any, plan: Plan) -> bool:
    both = {plan.kept.pk, plan.gone.pk}
    return {getattr(row, "from_party_id", None), getattr(row, "to_party_id", None)} == both


def _plan_values(plan: Plan) -> None:
    plan.filled.extend(_lacking(plan, plan.kept, plan.gone, _OF_PARTY))
    for model in _PARTS:
        source = model._base_manager.filter(pk=plan.gone.pk).first()
        if source is not None:
            plan.parts.append(source)
            target = model._base_manager.filter(pk=plan.kept.pk).first() or model(pk=plan.kept.pk)
            columns = [column.name for column in model._meta.concrete_fields if not column.primary_key]
            plan.filled.extend(_lacking(plan, target, source, columns))


def _lacking(plan: Plan, target: Model, source: Model, columns: Iterable[str]) -> Iterator[Filled]:
    for column in columns:
        mine, others = getattr(target, column), getattr(source, column)
        if _is_blank(mine) and not _is_blank(others) and not pinned(plan.kept, _key(target, column)):
            yield Filled(target._meta.label_lower, column, mine, others)


def _is_blank(value: Any) -> bool:
    return value is None or value is False or value == ""


def _key(holder: Model, column: str) -> str:
    return f"finances.{column}" if isinstance(holder, PartyFinances) else column


def _move(plan: Plan, record: PartyMerge) -> None:
    record.moved, record.demoted = {}, {}
    for row in plan.doubled:
        row.delete()
    for link, rows in plan.moved.items():
        if not rows:
            continue
        model, owner = _model_of(link)
        ids = [row.pk for row in rows]
        record.moved[link] = [_plain(pk) for pk in ids]
        if any(getattr(row, "is_primary", False) for row in rows):
            record.demoted[link] = [_plain(row.pk) for row in rows if row.is_primary]  # type: ignore[attr-defined]
            model._base_manager.filter(pk__in=record.demoted[link]).update(is_primary=False)
        model._base_manager.filter(pk__in=ids).update(**{owner: plan.kept.pk})
        for pk in record.demoted.get(link, ()):
            # stays primary where the kept party has no primary of its own
            crown(model._base_manager.filter(pk=pk))


def _fill(plan: Plan) -> None:
    by_model: dict[str, dict[str, Any]] = {}
    for filled in plan.filled:
        by_model.setdefault(filled.model, {})[filled.field] = filled.after
        _origin_take(plan, filled)
    for label, values in by_model.items():
        model = _model_of(f"{label}.")[0]
        if model is not Party:
            model._base_manager.update_or_create(pk=plan.kept.pk, defaults=values)
    for column, value in by_model.get("parties.party", {}).items():
        setattr(plan.kept, column, value)
    plan.kept.save()


def _origin_take(plan: Plan, filled: Filled) -> None:
    key = f"finances.{filled.field}" if filled.model == "parties.partyfinances" else filled.field
    if key in plan.gone.origins:
        plan.kept.origins[key] = plan.gone.origins[key]


def _empty_again(kept: Party, filled: list[list[Any]]) -> None:
    """What the kept one took over goes back, unless something newer stands there now."""
    for label, column, before, after in filled:
        model = _model_of(f"{label}.")[0]
        holder = kept if model is Party else model._base_manager.filter(pk=kept.pk).first()
        if holder is not None and _plain(getattr(holder, column)) == after:
            setattr(holder, column, before)
            kept.origins.pop(_key(holder, column), None)
            if holder is not kept:
                holder.save(update_fields=[column])
    kept.save()


def _move_back(record: PartyMerge) -> None:
    for link, ids in record.moved.items():
        model, owner = _model_of(link)
        model._base_manager.filter(pk__in=ids, **{owner: record.kept_id}).update(**{owner: record.gone_id})
    for link, ids in record.demoted.items():
        model, owner = _model_of(link)
        model._base_manager.filter(pk__in=ids, **{owner: record.gone_id}).update(is_primary=True)


def _model_of(link: str) -> tuple[type[Model], str]:
    app, model, owner = link.split(".")
    return apps.get_model(app, model), owner


def _values(party: Party) -> list[str]:
    """All that something may be cached under."""
    contacts = PartyContact.objects.filter(party=party).values_list("value", flat=True)
    return [*contacts, *([party.cpf_cnpj] if party.cpf_cnpj else [])]


class _Exact(DjangoJSONEncoder):
    """Django's own cuts moments to milliseconds."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def _written(rows: Iterable[Model]) -> Any:
    return json.loads(serializers.serialize("json", rows, cls=_Exact))


def _plain(value: Any) -> Any:
    """As JSON has it."""
    return value if value is None or isinstance(value, bool | int | str) else str(value)
