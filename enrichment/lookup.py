"""Who is this? Asked by CPF, e-mail, phone or name; answered by cache, then database, then the providers."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum

from django.conf import settings
from django.utils import timezone

from c2s_enrich import counters
from c2s_enrich.privacy.suppression import PersonSuppressed
from enrichment import discover as discovering
from enrichment import profiles, tiers
from enrichment.choose import Choice, choose
from enrichment.customer import Finding, SourceName
from enrichment.forgotten import forgotten_among
from enrichment.identity import Identity
from enrichment.memory import Entry, document_of
from enrichment.models import Tier
from enrichment.providers.diretrix import client as diretrix
from enrichment.providers.errors import ProviderError
from enrichment.providers.work_api import client as work_api
from enrichment.refusing import refusal_of
from enrichment.tiers import Answer
from enrichment.waiting import NoPlace, place_to_ask
from parties.identifiers import CPF, Email, Phone
from parties.models import Kind
from parties.record import Record, known_by_ids
from parties.search import parties_named

Asked = CPF | Email | Phone


class Paying(Enum):
    """When the providers may be asked."""

    NEVER = "never"
    IF_UNKNOWN = "if_unknown"
    IF_STALE = "if_stale"
    ANEW = "anew"


@dataclass(frozen=True, slots=True)
class Question:
    """Identifiers in the order they are tried; then the name, which also helps to choose between people."""

    identifiers: tuple[Asked, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A call outwards that has its price."""

    provider: SourceName
    operation: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class Gap:
    """What only the providers can tell."""

    about: Asked
    entry: Entry
    since: datetime | None
    contact: Email | Phone | None = None
    wants_profile: bool = False

    @property
    def calls(self) -> list[Call]:
        """At most these: who is behind a contact decides whether there is a profile to ask for."""
        operation = "phone" if isinstance(self.contact, Phone) else "email"
        discovery = Call("diretrix", operation, settings.PRICE_DIRETRIX)
        profile = Call("work_api", "cpf", settings.PRICE_WORK_API)
        return [discovery] * (self.contact is not None) + [profile] * self.wants_profile


@dataclass(frozen=True, slots=True)
class Standing:
    """How things are before anybody is paid."""

    finding: Finding | None
    gap: Gap | None = None

    @property
    def calls(self) -> list[Call]:
        return self.gap.calls if self.gap else []


@dataclass
class Crowded(Exception):
    """Whoever insists on asking the providers would have to wait, and no place is free."""

    gap: Gap


def look_up(question: Question, *, paying: Paying, insists: bool = False) -> Finding | None:
    """The best answer, or None when nobody is known. A refusal when only a provider that failed could tell; `Crowded`
    for who `insists` on asking one while too many wait."""
    finding = _answered(question, stand(question, paying=paying), insists)
    counters.answered(finding.tier.value if finding else "notFound")
    if finding is not None and finding.tier != Tier.PROVIDER:
        discovery = bool(question.identifiers) and not isinstance(question.identifiers[0], CPF)
        count_saved(discovery=discovery, profile=finding.record.enriched)
    return finding


def _answered(question: Question, standing: Standing, insists: bool) -> Finding | None:
    if standing.gap is None or not standing.calls:
        return standing.finding
    try:
        with place_to_ask():
            return buy(standing.gap, question.name) or standing.finding
    except PersonSuppressed:
        return None
    except ProviderError as error:
        if insists and isinstance(error, NoPlace):
            raise Crowded(standing.gap) from None
        if standing.finding is None:
            raise refusal_of(error) from None
        return replace(standing.finding, is_second_best=True)


def count_saved(*, discovery: bool, profile: bool) -> None:
    """What it would have cost to learn this from the providers."""
    money = settings.PRICE_DIRETRIX * discovery + settings.PRICE_WORK_API * profile
    counters.saved(calls=discovery + profile, money=money)


def stand(question: Question, *, paying: Paying) -> Standing:
    """An ambiguous name is nobody whom the providers could be asked about."""
    finding, about = _known_by_identifier(question)
    settled = suffices(finding, paying)
    if finding is None and question.name:
        finding = _known_by_name(question.name)
        if about is None and finding is not None and finding.matches == 1:
            about, settled = document_of(finding.record), suffices(finding, paying)
    if about is None or paying == Paying.NEVER or settled or forgotten_among(_all_asked(question, about)):
        return Standing(finding)
    return Standing(finding, _gap(about, question.name, paying))


def _all_asked(question: Question, about: Asked) -> set[Asked]:
    """One of them being of somebody who is forgotten, nobody is asked about any."""
    return {*question.identifiers, about}


def _known_by_identifier(question: Question) -> tuple[Finding | None, Asked | None]:
    """The first identifier that leads to anybody, else the first one given."""
    answers = tiers.on_file(question.identifiers)
    for identifier in question.identifiers:
        if answers[identifier].entry.records:
            return _best(identifier, answers[identifier], question.name), identifier
    return None, next(iter(question.identifiers), None)


def _best(about: Asked, answer: Answer, name: str) -> Finding:
    records = answer.entry.records
    verdict = choose(name=name, entries={about: Entry(records=records)})
    first = next((choice for choice in (*verdict.chosen, *verdict.ranked) if choice.record), None)
    return Finding(
        record=first.record if first and first.record else records[0],
        tier=answer.tier,
        # what has no CPF, as a company, is weighed like anybody whom one contact leads to
        confidence=first.confidence if first else 0.6 / len(records) + 0.1,
        matches=len(records),
    )


def _known_by_name(name: str) -> Finding | None:
    hits = [hit for hit in parties_named(name) if hit.likeness >= settings.NAME_MATCH_MIN]
    known = known_by_ids([hit.party_id for hit in hits[:1]], profile=False)
    if not known:
        return None
    return Finding(known[0].record, Tier.DATABASE, confidence=hits[0].likeness / len(hits), matches=len(hits))


def suffices(finding: Finding | None, paying: Paying) -> bool:
    if finding is None:
        return False
    record = finding.record
    if record.kind == Kind.COMPANY:
        return True  # the providers tell of people only
    if not record.enriched or paying == Paying.ANEW:
        return False
    return paying != Paying.IF_STALE or not profiles.is_stale(record)


def _gap(about: Asked, name: str, paying: Paying) -> Gap:
    answers = tiers.recall([about])
    entry = answers[about].entry if about in answers else Entry()
    since = _since(paying)
    if isinstance(about, CPF):
        return Gap(about, entry, since, wants_profile=_may_have_profile(entry, paying))
    trusted = {} if paying == Paying.ANEW else answers
    contact = next(iter(discovering.worth_asking([about], name=name, answers=trusted)), None)
    return Gap(about, entry, since, contact, contact is not None or _somebody_to_ask_about(about, entry, name, paying))


def _since(paying: Paying) -> datetime | None:
    now = timezone.now()
    return {Paying.ANEW: now, Paying.IF_STALE: now - timedelta(days=settings.REFRESH_AFTER_DAYS)}.get(paying)


def _somebody_to_ask_about(about: Asked, entry: Entry, name: str, paying: Paying) -> bool:
    for choice in choose(name=name, entries={about: entry}).chosen:
        answers = tiers.recall([choice.document])
        return choice.document not in answers or _may_have_profile(answers[choice.document].entry, paying)
    return False


def _may_have_profile(entry: Entry, paying: Paying) -> bool:
    """Unless the provider just said that there is none."""
    return bool(entry.records) or not entry.asked or paying == Paying.ANEW


def buy(gap: Gap, name: str) -> Finding | None:
    """Costs no more than `gap.calls`; raises what keeps the providers from answering."""
    entry = _discovered(gap)
    verdict = choose(name=name, entries={gap.about: entry})
    if not verdict.chosen:
        if entry.asked and not entry.people and not entry.records:
            profiles.remember_nobody([gap.about])
        return None
    choice = verdict.chosen[0]
    record = _profiled(gap, choice)
    if record is None:
        profiles.remember_nobody([gap.about])
        return None
    return Finding(record, Tier.PROVIDER, _sources(gap.calls), choice.confidence, len(verdict.ranked))


def _discovered(gap: Gap) -> Entry:
    if gap.contact is None:
        return gap.entry
    result = discovering.discover([gap.contact], since=gap.since, patience=diretrix.LONGEST)[gap.contact]
    if isinstance(result, ProviderError):
        raise result
    return Entry(records=gap.entry.records, people=result.people, asked=True)


def _profiled(gap: Gap, choice: Choice) -> Record | None:
    """The golden record with the profile in it, or what little is known; None of a CPF that nobody has heard of."""
    identity = Identity(
        phone=gap.about if isinstance(gap.about, Phone) else None,
        email=gap.about if isinstance(gap.about, Email) else None,
        told_by=diretrix.PROVIDER,
    )
    fetched = profiles.fetch(choice, identity, since=gap.since, patience=work_api.LONGEST)
    if fetched is None and choice.record is None and not choice.name:
        return None
    record = profiles.file(choice, fetched or choice.record, identity)
    profiles.remember_person(record, [gap.about])
    return record


def _sources(calls: Iterable[Call]) -> list[SourceName]:
    return [call.provider for call in calls]
