"""The eight steps of a run, each a function of the passage."""

from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import connection

from c2s_enrich.patience import WITHOUT_THE_DISK
from enrichment import choose as choosing
from enrichment import discover as discovering
from enrichment import forgotten, message, profiles, tiers
from enrichment.choose import Choice
from enrichment.delivery import is_shadow, message_deliver
from enrichment.identity import identity_of
from enrichment.intake import lead_fill
from enrichment.memory import Entry
from enrichment.models import OF_THE_CRM, LeadMessage, Run, RunState, Source, Tier, Trigger
from enrichment.passage import Ended, Passage
from enrichment.providers.c2s import client as c2s
from enrichment.providers.errors import ProviderError
from enrichment.tiers import Answer

# why a run ended: what is said of it to callers goes by these
CLOSED = "the lead is closed"
FORGOTTEN = "the person asked to be forgotten"
NOBODY = "nobody is known behind these contacts"
NOBODY_ASKED = "the providers could not be asked"
IGNORED = "staff chose to ignore the lead"
MESSAGE_GONE = "the message to repeat is gone"
NO_CONTACT = "no usable contact"
NOT_SENT = "kept, not sent: another system speaks"
TEST_LEAD = "a test lead: nobody is asked or told about it"
UNKNOWN_TO_THE_CRM = "C2S does not know this lead"

# the message's intent, or the run's end, is waited for and keeps it too
_LEADS_TO = f"{WITHOUT_THE_DISK}; update leads set party_id = %(party)s where id = %(lead)s"  # noqa: S608  constants


def identify(p: Passage) -> None:
    if p.lead.is_test:
        raise Ended(RunState.SKIPPED, TEST_LEAD)
    if p.lead.ignored_at:
        raise Ended(RunState.SKIPPED, IGNORED)
    if forgotten.is_blank(p.lead):
        raise Ended(RunState.SKIPPED, FORGOTTEN)
    if p.lead.source in OF_THE_CRM and not p.lead.has_contact:
        _fetch_lead(p)
    if p.lead.closed_at:
        raise Ended(RunState.SKIPPED, CLOSED)
    p.identity = identity_of(p.lead)
    if forgotten.lead_is_forgotten(p.lead, p.identity):
        raise Ended(RunState.SKIPPED, FORGOTTEN)
    if p.identity.is_empty:
        why = ", ".join(f"{kind}: {reason}" for kind, reason in p.identity.refused.items())
        raise Ended(RunState.SKIPPED, f"{NO_CONTACT} ({why or 'none given'})")


def _fetch_lead(p: Passage) -> None:
    """Somebody named a lead of which no webhook told us."""
    if forgotten.lead_id_is_forgotten(p.lead.conversation_id):
        raise Ended(RunState.SKIPPED, FORGOTTEN)
    card = c2s.lead_get(p.lead.conversation_id)
    if card is not None:
        if forgotten.cards_blanked([card], {}) != [card]:
            raise Ended(RunState.SKIPPED, FORGOTTEN)
        lead_fill(p.lead, card)
    elif p.lead.crm_updated_at is None:
        raise Ended(RunState.FAILED, UNKNOWN_TO_THE_CRM)


def recall(p: Passage) -> None:
    wanted = [p.identity.cpf] if p.identity.cpf else p.identity.contacts
    p.answers = tiers.recall(wanted)
    used = {answer.tier for answer in p.answers.values()}
    tier = Tier.DATABASE if Tier.DATABASE in used else (Tier.CACHE if used else "")
    p.note(f"{len(p.answers)} of {len(wanted)} identifiers known", tier)


def discover(p: Passage) -> None:
    if p.identity.cpf:
        p.answers.setdefault(p.identity.cpf, Answer(Entry(), Tier.PROVIDER))
        p.note("skipped: the lead gave its CPF")
        return
    trusted = {} if p.run.force_providers else p.answers
    asked = discovering.worth_asking(p.identity.contacts, name=p.identity.name, answers=trusted)
    if not asked:
        p.note("nothing to ask")
        return
    # the lead was looked at a moment ago: it is of nobody who asked to be forgotten
    results = discovering.ask_about(asked, since=_since(p.run), lead_id=p.lead.lead_id)
    for contact, result in results.items():
        if isinstance(result, Entry):
            records = p.answers[contact].entry.records if contact in p.answers else []
            p.answers[contact] = Answer(Entry(records=records, people=result.people, asked=True), Tier.PROVIDER)
    failures = [result for result in results.values() if isinstance(result, ProviderError)]
    p.note(f"{len(asked) - len(failures)} of {len(asked)} contacts answered", Tier.PROVIDER)
    if failures and not _somebody_fits(p):
        p.tolerate(failures[0], "discovery")
    elif failures:
        p.missing.append("discovery")


def choose(p: Passage) -> None:
    entries = {i: answer.entry for i, answer in p.answers.items()}
    p.verdict = choosing.choose(name=p.identity.name, entries=entries)
    if p.lead.chosen_cpf:
        p.verdict = choosing.vouched(p.verdict)
    p.run.confidence, p.run.same_person = p.verdict.confidence, p.verdict.same_person
    if not p.chosen:
        if p.missing:
            raise Ended(RunState.FAILED, NOBODY_ASKED)
        profiles.remember_nobody(p.answers)
        _say_nobody(p)
        raise Ended(RunState.NOT_FOUND, NOBODY)
    p.note(f"{len(p.chosen)} of {len(p.verdict.ranked)} candidates")


def profile(p: Passage) -> None:
    """Fetch what is missing; old data is served, and asked anew in the background."""
    wanted = [c for c in p.chosen if _is_wanted(c, p.run)]
    if not wanted:
        p.note("known already")
        return
    fetch = partial(
        profiles.fetch,
        identity=p.identity,
        since=p.run.created_at if p.run.trigger == Trigger.REFRESH else _since(p.run),
        run_id=p.run.pk,
        lead_id=p.lead.lead_id,
    )
    results = discovering.at_once({c.cpf: partial(fetch, c) for c in wanted})
    failures = [r for r in results.values() if isinstance(r, ProviderError)]
    p.fetched = {key: r for key, r in results.items() if not isinstance(r, ProviderError)}
    p.note(f"{len(p.fetched)} of {len(wanted)} profiles", Tier.PROVIDER)
    if failures and not all(c.record for c in wanted):
        p.tolerate(failures[0], "profile")
    elif failures:
        p.missing.append("profile")


def _since(run: Run) -> datetime | None:
    """Whoever wants the providers asked anew takes no older answer, though one of this very run's."""
    return run.created_at if run.force_providers else None


def _is_wanted(choice: Choice, run: Run) -> bool:
    if choice.record is None or not choice.record.enriched or run.force_providers:
        return True
    return run.trigger == Trigger.REFRESH and profiles.is_stale(choice.record)


def file(p: Passage) -> None:
    for choice in p.chosen:
        record = profiles.file(choice, p.fetched.get(choice.cpf) or choice.record, p.identity)
        if record is not choice.record:
            profiles.remember_person(record, p.answers)
        judged = choosing.rejudged(choice, name=p.identity.name, true_name=record.name)
        p.found.append(
            message.Found(
                record=record,
                # whoever chose the person has seen the name
                name_differs=judged.is_mismatch and not p.lead.chosen_cpf,
                doubt=judged.doubt if judged.likeness is None and not p.lead.chosen_cpf else "",
                is_partial=not record.enriched,
                is_stale=record.enriched and "profile" in p.missing,
                by_phone=choice.by_phone,
                by_email=choice.by_email,
            )
        )
    with connection.cursor() as cursor:
        cursor.execute(_LEADS_TO, {"lead": p.lead.pk, "party": p.found[0].record.party_id})


def repeat(p: Passage) -> None:
    """Say again what was said before, because somebody asked for it."""
    body = LeadMessage.objects.filter(lead=p.lead, pk__in=[p.run.repeats]).values_list("body", flat=True).first()
    if not body:
        raise Ended(RunState.SKIPPED, MESSAGE_GONE)
    p.run.message_sent = message_deliver(run=p.run, text=body, again=True)
    if not p.run.message_sent:
        raise Ended(RunState.SKIPPED, NOT_SENT if is_shadow() else CLOSED)
    p.note("sent")


def compose(p: Passage) -> None:
    p.text = message.compose(p.found, same_person=p.run.same_person)


def deliver(p: Passage) -> None:
    if p.lead.source == Source.REST or p.run.trigger == Trigger.REFRESH:
        p.note("not for the CRM")
        return
    is_doubtful = any(found.doubt for found in p.found)
    if (p.verdict.is_conflict and settings.ON_CONFLICT == "hold") or (is_doubtful and settings.ON_DOUBT == "hold"):
        p.note("held until staff decide")
        return
    p.run.message_sent = message_deliver(run=p.run, text=p.text)
    unsaid = NOT_SENT if is_shadow() else "said lately already"
    p.note("sent" if p.run.message_sent else unsaid)


def _say_nobody(p: Passage) -> None:
    if settings.NOTIFY_NOT_FOUND and p.lead.source != Source.REST and p.run.trigger != Trigger.REFRESH:
        p.run.message_sent = message_deliver(run=p.run, text=message.compose_nobody())


def _somebody_fits(p: Passage) -> bool:
    """Whether what did answer names somebody who is the lead by name."""
    verdict = choosing.choose(name=p.identity.name, entries={i: a.entry for i, a in p.answers.items()})
    return bool(verdict.chosen) and not verdict.chosen[0].is_mismatch and verdict.chosen[0].likeness is not None
