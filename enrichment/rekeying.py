"""Answers noted under a former key are brought under the one in use, so that none is bought again."""

from collections.abc import Iterable

from django.db import transaction

from c2s_enrich.rekeying import Rekeyed
from c2s_enrich.rows import renewing, rows_insert
from c2s_enrich.sealed_cache import identifier_hash
from enrichment.memory import identifier_seal, identifier_unseal
from enrichment.models import Discovery

BATCH = 500
_THE_NEWER = renewing("identifier_hash", columns=("people", "asked_at", "sealed")) + (
    " where discoveries.asked_at < excluded.asked_at"
)


def answers_rekey() -> Rekeyed:
    done, last = Rekeyed(), ""
    while hashes := list(Discovery.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        done, last = done + _batch_rekey(hashes), hashes[-1]
    return done


@transaction.atomic
def _batch_rekey(hashes: Iterable[str]) -> Rekeyed:
    left, former, moved = 0, [], {}
    # the newest last: two former keys may have an answer each
    for row in Discovery.objects.select_for_update().filter(pk__in=hashes).order_by("asked_at"):
        named = identifier_unseal(row.sealed)
        if named is None:
            left += 1
        elif (current := identifier_hash(*named)) != row.pk:
            former.append(row.pk)
            moved[current] = Discovery(
                identifier_hash=current, people=row.people, asked_at=row.asked_at, sealed=identifier_seal(*named)
            )
    rows_insert(list(moved.values()), on_conflict=_THE_NEWER)
    Discovery.objects.filter(pk__in=former).delete()
    return Rekeyed(len(former), left)
