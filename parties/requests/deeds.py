"""Taking in a request and answering it, each with who, when and why."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from c2s_enrich import sealed_cache
from c2s_enrich.privacy import access_log, suppression
from c2s_enrich.privacy.access_file import Part, parts_of
from c2s_enrich.privacy.erasure import erase, verified
from c2s_enrich.privacy.models import Looker
from c2s_enrich.privacy.registry import Holding, holdings, widened
from c2s_enrich.privacy.subject import Subject
from parties.identifiers import CPF, Email, Phone
from parties.models import UNANSWERED, DataRequest, Kind, Party, RequestState, Wish

log = structlog.get_logger(__name__)

SEAL = "data request"
_ERASING_TAKES = timedelta(minutes=30)


class Answered(Exception):
    """The request was answered before, or is being answered."""


class NoReason(Exception):
    """What is closed unproven needs a reason."""


@dataclass(frozen=True, slots=True)
class About:
    """Whom an erasure is about, and how many rows it would take."""

    names: set[str]
    counts: list[tuple[Holding, int]]


def request_take(
    *,
    wish: Wish,
    cpf: CPF,
    why: str,
    by: str,
    contacts: Iterable[Phone | Email] = (),
    asked_at: datetime | None = None,
) -> DataRequest:
    """`contacts` are further phones and e-mails that the person has shown to be theirs."""
    return DataRequest.objects.create(
        wish=wish,
        sealed=_sealed({"cpf": cpf.value, "contacts": [contact.value for contact in contacts]}),
        digest=suppression.digest_of(suppression.CPF, cpf.value),
        asked_at=asked_at or timezone.now(),
        why=why,
        taken_by=by,
    )


def cpf_of(request: DataRequest) -> CPF | None:
    """While the request is open."""
    told = _opened(request)
    return CPF(told["cpf"]) if told else None


def subject_of(request: DataRequest) -> Subject:
    """The person as known by now; raises Answered when nobody knows any more whom it was about."""
    told = _opened(request)
    if not told:
        raise Answered
    subject = Subject(told["cpf"], set(told["contacts"]))
    subject.lead_ids, subject.names = set(told.get("lead_ids", ())), set(told.get("names", ()))
    subject.ids["parties.datarequest"] = set(
        DataRequest.objects.filter(digest__in=suppression.digests_of(suppression.CPF, told["cpf"])).values_list(
            "pk", flat=True
        )
    )
    return widened(subject)


def access_give(*, request: DataRequest, by: str, kind: Looker = Looker.STAFF) -> list[Part]:
    """Everything held on the person; that it was given is noted like any look at data in clear."""
    subject = subject_of(request)
    parts = parts_of(subject)
    things = [access_log.party_thing(party_id) for party_id in subject.ids["parties.party"]]
    held = {part.holding.model._meta.db_table: len(part.rows) for part in parts}
    asked = ("parties.datarequest", str(request.pk), None)
    access_log.seen_by(kind, by, things or [asked], fields=["everything"], reason=f"access request {request.pk}")
    DataRequest.objects.filter(pk=request.pk).update(outcome={"given": held})
    return parts


def request_close(*, request: DataRequest, by: str, note: str = "", refused: bool = False) -> None:
    """What was asked was done, or is refused and the note says why."""
    open_ones = DataRequest.objects.filter(pk=request.pk, state=RequestState.OPEN)
    state = RequestState.REFUSED if refused else RequestState.DONE
    if not open_ones.update(state=state, sealed="", done_by=by, done_at=Now(), note=note):
        raise Answered


@transaction.atomic
def release_perform(*, request: DataRequest, by: str, note: str = "") -> int:
    """Who was forgotten wants to be known again; how many entries of the list that ended. Nothing comes back by it."""
    told = _opened(request)
    if not told or request.wish != Wish.RELEASE:
        raise Answered
    contacts = [(suppression.CONTACT, value) for value in told["contacts"]]
    request_close(request=request, by=by, note=note)
    released = suppression.release([(suppression.CPF, told["cpf"]), *contacts])
    DataRequest.objects.filter(pk=request.pk).update(outcome={"released": released})
    return released


def erasure_preview(request: DataRequest) -> About:
    subject = subject_of(request)
    return About(subject.names, [(holding, holding.rows(subject).count()) for holding in holdings()])


def erasure_close(*, request: DataRequest, by: str, note: str) -> None:
    """By an officer who answers for it: what is still found is not the person's, or cannot be taken out."""
    if not note.strip():
        raise NoReason
    erasing = DataRequest.objects.filter(pk=request.pk, state=RequestState.ERASING)
    if not erasing.update(state=RequestState.DONE, sealed="", busy_until=None, done_by=by, done_at=Now(), note=note):
        raise Answered


def erasure_order(*, request: DataRequest, by: str, note: str = "") -> None:
    """From here on the worker goes on with it until nothing is left."""
    open_ones = DataRequest.objects.filter(pk=request.pk, state=RequestState.OPEN, wish=Wish.ERASURE)
    if not open_ones.update(state=RequestState.ERASING, done_by=by, note=note):
        raise Answered


def erasures_go_on() -> int:
    """Those that were ordered and are not proven yet; how many were finished."""
    free = Q(busy_until=None) | Q(busy_until__lt=Now())
    waiting = DataRequest.objects.filter(free, state=RequestState.ERASING).order_by("asked_at")
    return sum(erasure_perform(request_id) for request_id in waiting.values_list("pk", flat=True)[:10])


def erasure_perform(request_id: UUID) -> bool:
    """Erase, then search everywhere. Whatever is found (a run was just writing) is erased at the next turn."""
    free = Q(busy_until=None) | Q(busy_until__lt=Now())
    ours = DataRequest.objects.filter(free, pk=request_id, state=RequestState.ERASING)
    if not ours.update(busy_until=Now() + _ERASING_TAKES):
        return False
    subject, erased = _erase(DataRequest.objects.get(pk=request_id))
    is_proven, found = verified(subject)
    request = DataRequest.objects.get(pk=request_id)
    if request.state != RequestState.ERASING:  # closed by an officer meanwhile
        return True
    request.outcome = {"erased": _added(request.outcome.get("erased", {}), erased), "search": found.as_json()}
    request.busy_until = None if is_proven else timezone.now() + timedelta(minutes=1)
    if is_proven:
        request.state, request.sealed, request.done_at = RequestState.DONE, "", timezone.now()
    request.save()
    if not is_proven:
        log.warning("erasure not proven yet", request=str(request_id), left=sorted(found.left))
    return is_proven


@transaction.atomic
def _erase(request: DataRequest) -> tuple[Subject, dict[str, int]]:
    _hold_the_row(request)
    subject = subject_of(request)
    suppression.suppress(subject.identifiers, request_id=request.pk)
    erased = erase(subject)
    # the record that led to them is gone: a second turn, and the search, must know them still
    told = {"contacts": subject.values, "lead_ids": subject.lead_ids, "names": subject.names}
    kept = _sealed({"cpf": subject.cpf} | {name: sorted(values) for name, values in told.items()})
    DataRequest.objects.filter(pk=request.pk).update(sealed=kept)
    return subject, erased


def _hold_the_row(request: DataRequest) -> None:
    """Whoever is filing this person right now is waited for, and whoever comes later finds them suppressed."""
    cpf = cpf_of(request)
    if cpf is not None:
        Party.objects.bulk_create([Party(kind=Kind.PERSON, cpf_cnpj=cpf.value)], ignore_conflicts=True)
        list(Party.objects.select_for_update().filter(cpf_cnpj=cpf.value))


def _sealed(told: dict[str, Any]) -> str:
    return sealed_cache.seal(SEAL, json.dumps(told).encode())


def _opened(request: DataRequest) -> dict[str, Any] | None:
    raw = sealed_cache.unseal(SEAL, request.sealed) if request.state in UNANSWERED else None
    return json.loads(raw) if raw else None


def _added(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {label: one.get(label, 0) + other.get(label, 0) for label in one | other}
