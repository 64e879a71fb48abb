"""Who was forgotten, in a file that no restore of the database takes back: keyed hashes, one erasure in a line."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Erasure:
    """`kinds` says by hash what kind of name it is of."""

    request_id: UUID | None
    kinds: dict[str, str]


def note_erased(erasure: Erasure) -> None:
    request_id = erasure.request_id and str(erasure.request_id)
    _append({"request": request_id, "erased": dict(sorted(erasure.kinds.items()))})


def note_released(digests: Iterable[str]) -> None:
    _append({"released": sorted(digests)})


def erasures() -> list[Erasure]:
    """But for the hashes of people who wanted to be known again later."""
    found: list[Erasure] = []
    if settings.ERASURE_LOG.exists():
        for line in settings.ERASURE_LOG.read_text().splitlines():
            told = json.loads(line)
            for digest in told.get("released", ()):
                for erasure in found:
                    erasure.kinds.pop(digest, None)
            if "erased" in told:
                found.append(Erasure(UUID(told["request"]) if told["request"] else None, told["erased"]))
    return [erasure for erasure in found if erasure.kinds]


def _append(told: dict[str, Any]) -> None:
    line = json.dumps({"at": timezone.now().isoformat(timespec="seconds")} | told) + "\n"
    settings.ERASURE_LOG.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(settings.ERASURE_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
