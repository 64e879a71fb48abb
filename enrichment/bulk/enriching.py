"""Who came in with a file, asked about with the providers: behind all else, one after the other, within a sum."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from c2s_enrich.privacy.suppression import PersonSuppressed
from enrichment.bulk.words import NO_PRICE, REFUSED, SPENT, WAITS
from enrichment.discover import can_be_asked
from enrichment.leases import lease_owner
from enrichment.lookup import Gap, Paying, Question, buy, stand
from enrichment.models import Billed, BulkImport, BulkParty, BulkState
from enrichment.providers.errors import BadPayload, ProviderError, Rejected
from enrichment.providers.exchange import calls_tallied
from enrichment.runs import BULK
from enrichment.tasks import ring_imports
from parties.identifiers import CPF, Email, Phone, Refused, phone_or_email
from parties.models import Kind, Party, PartyContact

# a step this small gives the worker's slot back to whoever comes meanwhile
AT_ONCE = 20
# longer than all that is asked about one person may take
LEASE = timedelta(minutes=3)
# while a provider is away, or its own budget is spent
LATER = timedelta(seconds=60)
# in a row, each of them perhaps billed
MOST_FAILURES = 3
RING_AGAIN = timedelta(seconds=10)
_FIRST = UUID(int=0)
_PEOPLE = Party.objects.filter(kind=Kind.PERSON, enriched=False)


class CannotEnrich(Exception):
    """Why: it is under way or has not ended, or nobody could hold a budget."""

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class BulkPrice:
    """At most: who is behind a contact decides whether there is a profile to ask for."""

    came: int
    unknown: int
    documents: int
    contacts: int

    @property
    def known(self) -> int:
        """Companies as well: the providers tell of people only."""
        return self.came - self.unknown

    @property
    def calls(self) -> int:
        return self.documents + 2 * self.contacts

    @property
    def amount(self) -> Decimal:
        return (self.documents + self.contacts) * settings.PRICE_WORK_API + self.contacts * settings.PRICE_DIRETRIX

    @property
    def is_told(self) -> bool:
        """Without prices a budget would hold nothing back."""
        return bool(settings.PRICE_WORK_API or not self.calls) and bool(settings.PRICE_DIRETRIX or not self.contacts)


def price_at_most(bulk: BulkImport) -> BulkPrice:
    """Of those who were not asked about yet."""
    left = Party.objects.filter(pk__in=_left(bulk).values("party_id"))
    has_contact = Exists(PartyContact.objects.filter(party=OuterRef("pk")))
    counted = left.aggregate(
        documents=Count("pk", filter=~Q(cpf_cnpj=None)), contacts=Count("pk", filter=Q(has_contact, cpf_cnpj=None))
    )
    return BulkPrice(came=bulk.parties.count(), unknown=_left(bulk, after=_FIRST).count(), **counted)


@transaction.atomic
def enrich_order(bulk: BulkImport, *, budget: Decimal) -> None:
    """No more than the budget is spent from now on. Who was asked about before is not asked about again."""
    price = price_at_most(bulk)
    if not price.is_told:
        raise CannotEnrich(NO_PRICE)
    # while one of an order before is still asked about, its price is not known
    idle = Q(owner="") | Q(due_at__lte=Now())
    ended = BulkImport.objects.filter(
        idle, pk=bulk.pk, is_enriching=False, state__in=[BulkState.DONE, BulkState.CANCELLED]
    )
    total = F("asked") + price.documents + price.contacts
    allowed = F("spent") + budget
    if not ended.update(is_enriching=True, budget=allowed, to_ask=total, failures=0, error="", owner="", due_at=Now()):
        raise CannotEnrich
    ring_imports([bulk.pk], priority=BULK)


def enrich_cancel(bulk: BulkImport) -> bool:
    """Whoever is being asked about is the last one. Whether it was still open."""
    return bool(BulkImport.objects.filter(pk=bulk.pk, is_enriching=True).update(is_enriching=False))


def enrich_go_on(bulk_id: UUID) -> None:
    """The next few, from where it stopped. Killed, somebody else goes on once the lease has ended."""
    bulk = _claimed(bulk_id)
    if bulk is None:
        return
    waiting = list(_left(bulk).order_by("party_id").values_list("party_id", flat=True)[:AT_ONCE])
    if all(_ask(bulk, party_id) for party_id in waiting):
        _step_end(bulk, is_last=len(waiting) < AT_ONCE)


def _left(bulk: BulkImport, *, after: UUID | None = None) -> QuerySet[BulkParty]:
    passed = after or bulk.asked_to or _FIRST
    # said of both, else the planner may walk through all the parties before
    people = _PEOPLE.filter(pk=OuterRef("party_id"), pk__gt=passed)
    return bulk.parties.filter(Exists(people), party_id__gt=passed)


def _claimed(bulk_id: UUID) -> BulkImport | None:
    free = BulkImport.objects.filter(Q(owner="") | Q(due_at__lte=Now()), pk=bulk_id, is_enriching=True)
    return BulkImport.objects.get(pk=bulk_id) if free.update(owner=lease_owner(), due_at=Now() + LEASE) else None


def _mine(bulk: BulkImport) -> QuerySet[BulkImport]:
    return BulkImport.objects.filter(pk=bulk.pk, owner=bulk.owner)


@transaction.atomic
def _step_end(bulk: BulkImport, *, is_last: bool) -> None:
    if is_last:
        # asked for again, it begins anew with those of whom still nothing is known
        _mine(bulk).update(is_enriching=False, owner="", asked_to=None)
    elif _mine(bulk).update(owner="", due_at=Now() + RING_AGAIN):
        ring_imports([bulk.pk], priority=BULK)


def _ask(bulk: BulkImport, party_id: UUID) -> bool:
    """Whether to go on."""
    question = _question(party_id)
    gap = stand(question, paying=Paying.IF_UNKNOWN).gap if question else None
    price = sum((call.price for call in gap.calls), Decimal(0)) if gap else Decimal(0)
    if not _set_aside(bulk, price):
        return False
    if question is None or gap is None or not gap.calls:
        return _settle(bulk, asked_to=party_id, asked=F("asked") + int(question is not None))
    return _bought(bulk, party_id, gap, question.name, price)


def _set_aside(bulk: BulkImport, price: Decimal) -> bool:
    """Before it may be spent, and one question at a time: whoever is killed has spent no more than is told."""
    open_still = _mine(bulk).filter(is_enriching=True)
    if open_still.filter(spent__lte=F("budget") - price).update(spent=F("spent") + price, due_at=Now() + LEASE):
        return True
    # else it was cancelled, or taken over
    open_still.update(is_enriching=False, error=SPENT)
    _mine(bulk).update(owner="")
    return False


def _bought(bulk: BulkImport, party_id: UUID, gap: Gap, name: str, price: Decimal) -> bool:
    failure, is_enriched = None, False
    with calls_tallied() as calls:
        try:
            found = buy(gap, name)
            is_enriched = found is not None and found.record.enriched
        except PersonSuppressed:
            # asked to be forgotten meanwhile
            is_enriched = False
        except ProviderError as error:
            failure = error
    spent = F("spent") - price + sum((call.price for call in calls if call.billed != Billed.NO), Decimal(0))
    asked = {"asked_to": party_id, "asked": F("asked") + 1, "enriched": F("enriched") + int(is_enriched)}
    # an answer that cannot be read is about this one person
    if failure is None or isinstance(failure, BadPayload):
        bulk.failures = 0
        return _settle(bulk, **asked, spent=spent, failures=0, error="")
    if isinstance(failure, Rejected) or bulk.failures + failure.maybe_done >= MOST_FAILURES:
        _settle(bulk, **asked, spent=spent, is_enriching=False, owner="", error=REFUSED)
    else:
        failures = bulk.failures + int(failure.maybe_done)
        _settle(bulk, spent=spent, failures=failures, owner="", due_at=Now() + LATER, error=WAITS)
    return False


def _settle(bulk: BulkImport, **told: object) -> bool:
    """What it cost in the place of what it might have cost; and whether it is still ours."""
    return bool(_mine(bulk).update(**told))


def _question(party_id: UUID) -> Question | None:
    """None of a company, of who is known or gone by now, and of whom nothing is told that could be asked by."""
    party = _PEOPLE.filter(pk=party_id).first()
    if party is None:
        return None
    if party.cpf_cnpj:
        return Question((CPF(party.cpf_cnpj),), party.name)
    contact = next(_askable(party), None)
    return Question((contact,), party.name) if contact else None


def _askable(party: Party) -> Iterator[Phone | Email]:
    for value in party.contacts.order_by("-is_primary", "id").values_list("value", flat=True):
        read = phone_or_email(value)
        if not isinstance(read, Refused) and can_be_asked(read):
            yield read
