"""What staff hold against every enrichment, and which of it was taken off the page."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from parties.disclosure import shown_contact, shown_document
from parties.models import Party

ROWS = {"contacts": _("Contact"), "addresses": _("Address"), "companies": _("Company")}


def is_pinned(party: Party, key: str) -> bool:
    return bool(party.origins.get(key, {}).get("pinned"))


def removed(party: Party, present: set[str], *, clear: bool) -> Iterator[dict[str, Any]]:
    """Rows that staff took off and that a pin keeps away; `present` are the keys of those still there."""
    for key, origin in party.origins.items():
        rows, _dot, value = key.partition(".")
        if rows in ROWS and origin.get("pinned") and key not in present:
            yield {"key": key, "kind": ROWS[rows], "said": _said(rows, value, origin, clear), "at": _at(origin)}


def _said(rows: str, value: str, origin: dict[str, Any], clear: bool) -> str:
    if rows == "contacts":
        return shown_contact(value, clear=clear)
    if rows == "companies":
        return " · ".join(filter(None, [origin.get("was"), shown_document(value, clear=clear)]))
    return str(origin.get("was") or _("an address"))


def _at(origin: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(origin["at"])
    except (KeyError, ValueError):
        return None
