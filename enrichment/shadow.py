"""Beside the predecessor: whom it told the CRM of, lead by lead, against whom we would have told of."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet, TextChoices
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext_lazy as _

from enrichment.conversation import heard_keep
from enrichment.models import Direction, Lead, LeadMessage, MessageState
from enrichment.providers.c2s import client as c2s
from parties.disclosure import shown_document
from parties.identifiers import CPF

_AT_ONCE = 1000
# eleven digits alone may be a phone: they count where they are called a CPF, or written as one
_CPF = re.compile(r"(?:CPF\W{0,8}|\b)(\d{3}\.\d{3}\.\d{3}-\d{2})(?!\d)|CPF\W{0,8}(\d{11})(?!\d)", re.IGNORECASE)


class Verdict(TextChoices):
    AGREES = "agrees", _("The same person")
    DIFFERS = "differs", _("Somebody else")
    OURS = "ours", _("Only we know who")
    THEIRS = "theirs", _("Only the predecessor knows who")
    NOBODY = "nobody", _("Nobody known to either")


# what has to be looked at before the switch
TROUBLING = (Verdict.DIFFERS, Verdict.THEIRS)


@dataclass(frozen=True, slots=True)
class Compared:
    """A lead of which one of the two spoke. The CPFs are in clear; what is shown of them is `masked`."""

    lead: Lead
    verdict: Verdict
    is_composed: bool
    is_answered: bool
    ours: tuple[str, ...]
    theirs: tuple[str, ...]

    @property
    def day(self) -> date:
        return localdate(self.lead.received_at)

    @property
    def masked(self) -> tuple[list[str], list[str]]:
        """For everybody: whoever may read them in clear does so on the lead's page, which notes it."""
        ours, theirs = ([shown_document(cpf, clear=False) for cpf in side] for side in (self.ours, self.theirs))
        return ours, theirs


@dataclass(slots=True)
class Day:
    """Added up over one day, or over all of them."""

    day: date | None
    composed: int = 0
    answered: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)

    def add(self, compared: Compared) -> None:
        self.composed += compared.is_composed
        self.answered += compared.is_composed and compared.is_answered
        self.verdicts[compared.verdict.value] += 1

    @property
    def counts(self) -> list[int]:
        return [self.composed, self.answered, *(self.verdicts[verdict] for verdict in Verdict.values)]


def compared_between(since: date, until: date) -> Iterator[Compared]:
    """The leads received in these days, both included, newest first; without those of which nobody said anything."""
    found = _leads(since, until).only("lead_id", "received_at").order_by("-received_at", "-id")
    leads = found.iterator(chunk_size=_AT_ONCE)
    while chunk := list(islice(leads, _AT_ONCE)):
        said = _said_of(chunk)
        yield from (_compared(lead, *said[lead.pk]) for lead in chunk if lead.pk in said)


def days_of(compared: Iterable[Compared]) -> list[Day]:
    days: dict[date, Day] = {}
    for one in compared:
        days.setdefault(one.day, Day(one.day)).add(one)
    return [days[day] for day in sorted(days, reverse=True)]


def sum_of(days: Iterable[Day]) -> Day:
    whole = Day(None)
    for day in days:
        whole.composed, whole.answered = whole.composed + day.composed, whole.answered + day.answered
        whole.verdicts.update(day.verdicts)
    return whole


def conversations_hear(since: date, until: date) -> int:
    """Read from the CRM what was said to the leads that we composed for and nobody else seems to have told of."""
    unanswered = [one.lead.pk for one in compared_between(since, until) if one.is_composed and not one.is_answered]
    asked = 0
    for lead in Lead.objects.filter(pk__in=unanswered):
        if lead.conversation_id and (card := c2s.lead_get(lead.conversation_id)):
            heard_keep([(lead, card.messages)])
            asked += 1
    return asked


def cpfs_in(text: str) -> set[str]:
    told = (CPF.parse(written or bare) for written, bare in _CPF.findall(text))
    return {cpf.value for cpf in told if isinstance(cpf, CPF)}


def _leads(since: date, until: date) -> QuerySet[Lead]:
    return Lead.objects.filter(
        received_at__gte=_midnight(since), received_at__lt=_midnight(until + timedelta(days=1)), is_test=False
    )


def _midnight(day: date) -> datetime:
    return make_aware(datetime.combine(day, time.min))


def _said_of(leads: Sequence[Lead]) -> dict[UUID, tuple[list[str], list[str]]]:
    """Per lead what we would have said, and what the predecessor said."""
    spoken = Q(direction=Direction.OUT, state=MessageState.SHADOW) | Q(direction=Direction.IN)
    if settings.SHADOW_SENDER:
        spoken &= Q(direction=Direction.OUT) | Q(sender=settings.SHADOW_SENDER)
    messages = LeadMessage.objects.filter(spoken, lead__in=leads).values_list("lead_id", "direction", "body")
    said: dict[UUID, tuple[list[str], list[str]]] = {}
    for lead_id, direction, body in messages:
        is_heard = direction == Direction.IN
        # without a name to know it by, it is known by telling of a person
        if not is_heard or settings.SHADOW_SENDER or cpfs_in(body):
            said.setdefault(lead_id, ([], []))[is_heard].append(body)
    return said


def _compared(lead: Lead, ours: list[str], theirs: list[str]) -> Compared:
    here, there = (set().union(*map(cpfs_in, texts)) for texts in (ours, theirs))
    return Compared(lead, _verdict(here, there), bool(ours), bool(theirs), tuple(sorted(here)), tuple(sorted(there)))


def _verdict(ours: set[str], theirs: set[str]) -> Verdict:
    if ours and theirs:
        return Verdict.AGREES if ours & theirs else Verdict.DIFFERS
    return Verdict.OURS if ours else Verdict.THEIRS if theirs else Verdict.NOBODY
