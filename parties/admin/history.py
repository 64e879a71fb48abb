"""What was changed of a party, on its page: who, when, before, after."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from c2s_enrich.back_office import panel
from parties.admin.page import source_named
from parties.disclosure import sees_clear, shown_contact, shown_document, shown_text
from parties.models import Party, PartyChange

CHANGES_SHOWN = 20
_PARTS = {"person": "parties.Person", "company": "parties.Company", "finances": "parties.PartyFinances"}
_ROWS = {"contacts": _("contact"), "addresses": _("address"), "companies": _("company")}


@panel(on=Party)
def changes_of_party(request: HttpRequest, party: Party) -> tuple[str, dict[str, Any]]:
    clear = sees_clear(request.user)
    rows = PartyChange.objects.filter(party=party).order_by("-id")[:CHANGES_SHOWN]
    told = [{"row": row, "by": source_named(row.by), "values": list(values_told(row, clear))} for row in rows]
    return "admin/parts/changes_of_party.html", {"changes": told}


def values_told(change: PartyChange, clear: bool) -> Iterator[tuple[Any, str, str]]:
    """Label, before, after; documents and contacts masked for whoever may not read them."""
    for key, (before, after) in change.values.items():
        part, _dot, name = key.partition(".")
        if part == "contacts":
            shown = shown_contact(name, clear=clear)
            yield _ROWS[part], shown if before else "", shown if after else ""
        elif part == "companies":
            shown = shown_document(name, clear=clear)
            yield _ROWS[part], f"{shown} {before}" if before is not None else "", _tie(shown, after)
        else:
            yield _label(part, name), _shown(part, before, clear), _shown(part, after, clear)


def _tie(shown: str, role: Any) -> str:
    return f"{shown} {role}" if role is not None else ""


def _shown(part: str, value: Any, clear: bool) -> str:
    if value is None:
        return ""
    return shown_document(value, clear=clear) if part == "cpf_cnpj" else shown_text(str(value), clear=clear)


def _label(part: str, name: str) -> Any:
    if part in _ROWS:
        return _ROWS[part]
    try:
        return apps.get_model(_PARTS.get(part, "parties.Party"))._meta.get_field(name or part).verbose_name
    except FieldDoesNotExist:
        return name or part
