"""What a run would say, from what is known for free: nothing is sent, filed or paid."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from enrichment import choose as choosing
from enrichment import message, tiers
from enrichment.discover import worth_asking
from enrichment.identity import identity_of
from enrichment.models import Lead
from parties.record import Record


@dataclass(frozen=True, slots=True)
class Preview:
    text: str = ""
    # of whom a profile would have to be bought, and contacts that would be asked about
    unknown: list[str] = field(default_factory=list)
    asks: int = 0
    is_unusable: bool = False


def lead_preview(lead: Lead) -> Preview:
    identity = identity_of(lead)
    if identity.is_empty:
        return Preview(is_unusable=True)
    wanted = [identity.cpf] if identity.cpf else identity.contacts
    answers = tiers.recall(wanted)
    asks = [] if identity.cpf else worth_asking(identity.contacts, name=identity.name, answers=answers)
    verdict = choosing.choose(name=identity.name, entries={i: answer.entry for i, answer in answers.items()})
    found = [_found(choice, record, lead) for choice in verdict.chosen if (record := choice.record)]
    unknown = [choice.name for choice in verdict.chosen if choice.record is None]
    text = message.compose(found, same_person=verdict.same_person) if found else ""
    return Preview(text=text, unknown=unknown, asks=len(asks))


def _found(choice: choosing.Choice, record: Record, lead: Lead) -> message.Found:
    judged = choosing.rejudged(choice, name=lead.customer_name, true_name=record.name)
    return message.Found(
        record=record,
        name_differs=judged.is_mismatch and not lead.chosen_cpf,
        is_partial=not record.enriched,
        by_phone=choice.by_phone,
        by_email=choice.by_email,
    )


@dataclass(frozen=True, slots=True)
class Price:
    """What asking anew costs at most: every contact, and as many people as contacts."""

    leads: int
    discoveries: int
    profiles: int

    @property
    def calls(self) -> int:
        return self.discoveries + self.profiles

    @property
    def amount(self) -> Decimal:
        return self.discoveries * settings.PRICE_DIRETRIX + self.profiles * settings.PRICE_WORK_API


def price_at_most(leads: QuerySet[Lead]) -> Price:
    # a document that reads as none is no help, so only one that staff chose spares the contacts
    asked = Q(chosen_cpf="")
    contactless = Q(phone_value="", email_value="") & ~Q(document="")
    counts = leads.order_by().aggregate(
        leads=Count("pk"),
        documents=Count("pk", filter=~asked | contactless),
        phones=Count("pk", filter=asked & ~Q(phone_value="")),
        emails=Count("pk", filter=asked & ~Q(email_value="")),
    )
    contacts = counts["phones"] + counts["emails"]
    return Price(leads=counts["leads"], discoveries=contacts, profiles=contacts + counts["documents"])
