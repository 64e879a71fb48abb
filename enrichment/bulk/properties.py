"""Properties of a file: one per town and IPTU number, tied to whoever the row says owns it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from c2s_enrich.rows import renewing, rows_copy, rows_insert
from enrichment.bulk.filing import Filed, parties_file
from enrichment.bulk.told import Told, place_of, share_of
from enrichment.providers.reading import money, text
from parties import changes
from parties.models import Party, PropertyOwnership, RealEstateProperty

_SPOT = ("street", "number", "neighborhood", "state", "cep", "area_m2", "assessed_value")
Key = tuple[str, str]


@dataclass(slots=True)
class ToldProperty:
    """A row, and its owner as a row of people tells one."""

    owner: Told
    values: dict[str, Any]
    share: Decimal | None

    @property
    def key(self) -> Key:
        return self.values["city"], self.values["iptu_number"]


def property_told(owner: Told, values: Mapping[str, str]) -> ToldProperty:
    place = place_of(values)
    told = {name: getattr(place, name) for name in ("street", "number", "neighborhood", "city", "state", "cep")}
    told["iptu_number"] = text(values.get("iptu_number", ""), 40)
    # as a town is written: Campinas and CAMPINAS are one
    told["city"] = told["city"].upper()
    told |= {name: _sized(money(values.get(name, ""))) for name in ("area_m2", "assessed_value")}
    if not (told["iptu_number"] and told["city"]):
        owner.refused = owner.refused or "row:no_property"
    return ToldProperty(owner, told, share_of(values.get("share", "")))


def _sized(found: Decimal | None) -> Decimal | None:
    return found if found is not None and found < 10**10 else None


def properties_file(rows: Sequence[ToldProperty]) -> Filed:
    """In the caller's transaction. Counted are the properties; their owners are filed along."""
    told = [row for row in rows if not row.owner.refused]
    owned = [row for row in told if row.owner.document]
    owners = parties_file([row.owner for row in owned])
    filed, ids = _places_file(told)
    filed.changed |= _ties_file(owned, ids) - filed.made
    filed.unchanged -= filed.changed
    changes.announce(owners.everybody)
    return filed


def _places_file(rows: Sequence[ToldProperty]) -> tuple[Filed, dict[Key, UUID]]:
    filed, wanted = Filed(), _merged(rows)
    on_file = {(p.city, p.iptu_number): p for p in _on_file(wanted)}
    fresh = [RealEstateProperty(**values) for key, values in wanted.items() if key not in on_file]
    changed = [on_file[key] for key, values in wanted.items() if key in on_file and _fill(on_file[key], values)]
    rows_copy(fresh)
    rows_insert(changed, on_conflict=renewing("id", columns=_SPOT))
    filed.made, filed.changed = {place.pk for place in fresh}, {place.pk for place in changed}
    filed.unchanged = {place.pk for place in on_file.values()} - filed.changed
    return filed, {(p.city, p.iptu_number): p.pk for p in (*on_file.values(), *fresh)}


def _merged(rows: Sequence[ToldProperty]) -> dict[Key, dict[str, Any]]:
    """A property told twice, as one that has two owners, is what the first row says, completed by the others."""
    merged: dict[Key, dict[str, Any]] = {}
    for row in rows:
        first = merged.setdefault(row.key, dict(row.values))
        first |= {name: value for name, value in row.values.items() if first[name] in (None, "")}
    return merged


def _on_file(wanted: Mapping[Key, Any]) -> list[RealEstateProperty]:
    numbers = RealEstateProperty.objects.select_for_update().filter(
        city__in={city for city, _ in wanted}, iptu_number__in={number for _, number in wanted}
    )
    return [place for place in numbers.order_by("id") if (place.city, place.iptu_number) in wanted]


def _fill(place: RealEstateProperty, values: Mapping[str, Any]) -> bool:
    """What is told takes the place of nothing, never of something else."""
    gaps = [name for name in _SPOT if values[name] not in (None, "") and getattr(place, name) in (None, "")]
    for name in gaps:
        setattr(place, name, values[name])
    return bool(gaps)


def _ties_file(rows: Sequence[ToldProperty], ids: Mapping[Key, UUID]) -> set[UUID]:
    """The properties that got an owner."""
    documents = {row.owner.document.value for row in rows if row.owner.document}
    parties = dict(Party.objects.filter(cpf_cnpj__in=documents).values_list("cpf_cnpj", "pk"))
    wanted = {
        (parties[row.owner.document.value], ids[row.key]): row.share
        for row in rows
        if row.owner.document and row.owner.document.value in parties
    }
    held = PropertyOwnership.objects.filter(party__in={p for p, _ in wanted}).values_list("party_id", "property_id")
    fresh = wanted.keys() - set(held)
    rows_copy([PropertyOwnership(party_id=p, property_id=q, share=wanted[p, q]) for p, q in sorted(fresh)])
    return {place for _party, place in fresh}
