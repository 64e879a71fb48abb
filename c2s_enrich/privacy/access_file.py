"""Everything that is held of one person, with what for, on what ground and for how long."""

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.utils import timezone

from c2s_enrich.privacy.legal_basis import grounds
from c2s_enrich.privacy.registry import Holding, holdings
from c2s_enrich.privacy.subject import Subject


@dataclass(frozen=True, slots=True)
class Part:
    """One table's rows about the person."""

    holding: Holding
    rows: list[dict[str, Any]]


def parts_of(subject: Subject) -> list[Part]:
    """The person first, then what was learnt, done and said."""
    parts = [Part(holding, [_told(row, holding) for row in holding.rows(subject).distinct()]) for holding in holdings()]
    return [part for part in reversed(parts) if part.rows]


def as_json(parts: list[Part]) -> str:
    told = {
        "made_at": timezone.now(),
        "grounds": [ground.as_json() for ground in grounds()],
        "held": [
            {
                "table": part.holding.model._meta.db_table,
                "what": str(part.holding.what),
                "why": str(part.holding.why),
                "kept_days": kept_days(part.holding),
                "rows": part.rows,
            }
            for part in parts
        ],
    }
    return json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def kept_days(holding: Holding) -> int | None:
    """None for what stays until it is erased, or goes with another row."""
    days: int = getattr(settings, f"RETENTION_{holding.kept.upper()}") if holding.kept else 0
    return days or None


def _told(row: Model, holding: Holding) -> dict[str, Any]:
    names = [f.attname for f in row._meta.concrete_fields if f.attname not in holding.hidden]
    return {name: value for name in names if (value := getattr(row, name)) not in (None, "", [], {})}
