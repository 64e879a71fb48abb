"""One value of a golden record: who told it, when, what others said, and whether staff pinned it.

`Party.origins` holds an origin per value, under these keys: `name`, `birth_date` and the other columns of the
person; `finances.income` and the like; and for rows of their own `contacts.<value>`, `addresses.<place key>`,
`companies.<CNPJ>`, where a pin also keeps a row that staff deleted from coming back.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from c2s_enrich.rows import renewing, rows_store
from parties.facts import Told
from parties.models import Company, Party, PartyFinances, Person
from parties.names import folded

STAFF = "staff"
_DIFFERING_KEPT = 5
_ROWS = ("contacts.", "addresses.", "companies.")
_FIELDS = (
    {"name"}
    | {column.name for model in (Person, Company) for column in model._meta.fields if column.name != "party"}
    | {f"finances.{column.name}" for column in PartyFinances._meta.fields if column.name != "party"}
)


def take(
    party: Party, holder: Model, field: str, value: Any, facts: Told, *, keep_first: bool = False, key: str = ""
) -> None:
    """Set `holder.field` from what was told: never by an empty value, never over a pinned or a newer one."""
    if value in (None, ""):
        return
    key, value, known = key or field, _fitting(holder, field, value), getattr(holder, field)
    if pinned(party, key) or (keep_first and known not in (None, "")):
        if not _alike(known, value):
            _remember(party, key, value, facts)
    elif known in (None, "") or not outdated(party, key, facts):
        setattr(holder, field, value)
        origin_note(party, key, facts)


def put(row: Model) -> None:
    """In one statement, whether the row is there or not: staff, who take no lock, may have made it meanwhile."""
    columns = [str(field.column) for field in row._meta.fields if not field.primary_key]
    rows_store([row], on_conflict=renewing(str(row._meta.pk.column), columns=columns))


def pinned(party: Party, key: str) -> bool:
    return bool(party.origins.get(key, {}).get("pinned"))


def outdated(party: Party, key: str, facts: Told) -> bool:
    """Whether a newer word on this value is on file already."""
    at = party.origins.get(key, {}).get("at")
    return at is not None and datetime.fromisoformat(at) > facts.told_at


def origin_note(party: Party, key: str, facts: Told) -> None:
    party.origins[key] = party.origins.get(key, {}) | {"source": facts.source, "at": facts.told_at.isoformat()}


def value_pin(party: Party, field: str, **marks: str) -> None:
    """Staff's word stands: no enrichment touches this value until it is released."""
    _mark(party, field, {"source": STAFF, "at": timezone.now().isoformat(), "pinned": True, **marks})


def value_release(party: Party, field: str) -> None:
    """Enrichments may change the value again, or bring back the row that staff removed."""
    if field in party.origins:
        _mark(party, field, {"pinned": False})


@transaction.atomic
def _mark(party: Party, key: str, marks: dict[str, Any]) -> None:
    if key not in _FIELDS and not key.startswith(_ROWS):
        raise ValueError("no value of a party is filed under this key")
    # read again under the lock: a filing may have noted origins since the caller loaded its row
    held = Party.objects.select_for_update(no_key=True).get(pk=party.pk)
    held.origins[key] = held.origins.get(key, {}) | marks
    held.save(update_fields=["origins", "updated_at"])
    party.origins = held.origins


def _fitting(holder: Model, field: str, value: Any) -> Any:
    limit = getattr(holder._meta.get_field(field), "max_length", None)
    return value[:limit] if limit and isinstance(value, str) else value


def _alike(known: Any, value: Any) -> bool:
    return folded(str(known)) == folded(str(value))


def _remember(party: Party, key: str, value: Any, facts: Told) -> None:
    origin = party.origins.setdefault(key, {})
    others = [o for o in origin.get("others", []) if not _alike(o["value"], value)]
    seen = {"value": str(value), "source": facts.source, "at": facts.told_at.isoformat()}
    origin["others"] = [seen, *others][:_DIFFERING_KEPT]
