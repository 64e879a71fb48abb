"""Those who asked to be forgotten: known again by keyed hashes alone, and left alone by every path."""

import hashlib
import hmac
from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection
from django.db.models import Q

from c2s_enrich.privacy.erasure_log import Erasure, note_erased, note_released
from c2s_enrich.privacy.models import Suppressed, SuppressedKind

log = structlog.get_logger(__name__)

CPF, CONTACT, LEAD = SuppressedKind.CPF.value, SuppressedKind.CONTACT.value, SuppressedKind.LEAD.value

Named = tuple[str, str]


class PersonSuppressed(Exception):
    """The person asked to be forgotten: nothing of theirs is filed, and nobody is asked about them."""


def suppress(named: Iterable[Named], *, request_id: UUID | None = None) -> None:
    """From now on, until the person wants to be known again."""
    rows = [Suppressed(digest=digest_of(kind, value), kind=kind, request_id=request_id) for kind, value in named]
    note_erased(Erasure(request_id, {row.digest: row.kind for row in rows}))
    Suppressed.objects.bulk_create(rows, ignore_conflicts=True)


def suppress_again(erasure: Erasure) -> None:
    """By the hashes alone, as `ERASURE_LOG` has them."""
    rows = [Suppressed(digest=d, kind=kind, request_id=erasure.request_id) for d, kind in erasure.kinds.items()]
    Suppressed.objects.bulk_create(rows, ignore_conflicts=True)


def release(named: Iterable[Named]) -> int:
    """At the person's own wish. Their CPF ends all that was put on the list along with it, for nobody could name that
    any more; a contact ends itself alone: numbers are given to others. How many entries that were."""
    asked = list(named)
    found = Suppressed.objects.filter(digest__in=[digest for name in asked for digest in digests_of(*name)])
    theirs = found.filter(kind=CPF).exclude(request_id=None).values("request_id")
    gone = Suppressed.objects.filter(Q(pk__in=found.values("pk")) | Q(request_id__in=theirs))
    try:
        note_released(gone.values_list("pk", flat=True))
    except OSError as error:  # after a restore they are forgotten until they say so once more
        log.warning("a release is not in ERASURE_LOG", kind=type(error).__name__)
    return gone.delete()[0]


def suppressed_among(named: Iterable[Named]) -> set[Named]:
    """One query, however many are asked about; none where there is nobody to ask about."""
    by_digest = {digest: name for name in set(named) for digest in digests_of(*name)}
    if not by_digest:
        return set()
    # every lead asks several times: by the ORM, putting the question together took longer than the answer
    with connection.cursor() as cursor:
        cursor.execute("select digest from suppressed where digest = any(%s)", [list(by_digest)])
        return {by_digest[digest] for (digest,) in cursor.fetchall()}


def suppressed_in_crowd(named: Iterable[Named]) -> set[Named]:
    """The same for thousands: nobody is hashed as long as nobody is on the list."""
    return suppressed_among(named) if is_anybody() else set()


def is_suppressed(kind: str, value: str) -> bool:
    return bool(suppressed_among([(kind, value)]))


def is_anybody() -> bool:
    """Whether there is anybody to ask about at all."""
    return Suppressed.objects.exists()


def digest_of(kind: str, value: str) -> str:
    return digests_of(kind, value)[0]


def digests_of(kind: str, value: str) -> list[str]:
    """Under every key that is valid, the one in use first."""
    text = f"{kind}:{value}".encode("utf-8", "surrogatepass")
    return [hmac.new(key, text, hashlib.sha256).hexdigest() for key in _keys()]


def _keys() -> list[bytes]:
    """A key of its own where one is given: hashes cannot be made anew under another, for nobody knows of whom."""
    given = (*settings.SUPPRESSION_KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [_derived(secret) for secret in given]


@lru_cache(maxsize=32)
def _derived(secret: str) -> bytes:
    return hmac.new(secret.encode(), b"c2s-enrich/suppressed/v1", hashlib.sha256).digest()
