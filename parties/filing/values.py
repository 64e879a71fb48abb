"""One value of a golden record: who told it, when, what others said, and whether staff pinned it."""

from typing import Any

from django.db.models import Model

from parties.facts import PersonFacts
from parties.models import Party

_DIFFERING_KEPT = 5


def take(party: Party, holder: Model, field: str, value: Any, facts: PersonFacts, *, keep_first: bool = False) -> None:
    """Set `holder.field` from what was told: never by an empty value, never over a pinned one."""
    if value in (None, ""):
        return
    value = _fitting(holder, field, value)
    known, origin = getattr(holder, field), party.origins.get(field, {})
    if known == value:
        return
    if known not in (None, "") and (keep_first or origin.get("pinned")):
        _remember(party, field, value, facts)
        return
    setattr(holder, field, value)
    party.origins[field] = {"source": facts.source, "at": facts.told_at.isoformat()}


def _fitting(holder: Model, field: str, value: Any) -> Any:
    limit = getattr(holder._meta.get_field(field), "max_length", None)
    return value[:limit] if limit and isinstance(value, str) else value


def _remember(party: Party, field: str, value: Any, facts: PersonFacts) -> None:
    origin = party.origins.setdefault(field, {})
    others = [o for o in origin.get("others", []) if o["value"] != str(value)]
    seen = {"value": str(value), "source": facts.source, "at": facts.told_at.isoformat()}
    origin["others"] = [seen, *others][:_DIFFERING_KEPT]
