"""The way of one lead, in eight steps. Every door ends here."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from django.conf import settings

from c2s_enrich.request_id import use_request_id
from enrichment import choose as choosing
from enrichment import discover as discovering
from enrichment import message, profiles, tiers
from enrichment.choose import Choice
from enrichment.delivery import message_deliver
from enrichment.identity import identity_of
from enrichment.memory import Entry
from enrichment.models import Candidate, Lead, Run, RunState, RunStep, Source, Tier, Trigger
from enrichment.passage import Ended, Passage
from enrichment.providers.errors import ProviderError, RateLimited
from enrichment.providers.exchange import current_run
from enrichment.runs import BULK, ladder_step, run_claim, run_finish, run_postpone, runs_start
from enrichment.tiers import Answer

log = structlog.get_logger(__name__)


def run_perform(run_id: UUID) -> None:
    """Carry the run through its steps, unless somebody else is doing so or it is done."""
    run = run_claim(run_id)
    if run is None:
        return
    use_request_id(run.request_id)
    token = current_run.set(run.pk)
    passage = Passage(run=run, lead=run.lead)
    try:
        _walk(passage)
    finally:
        current_run.reset(token)


STEPS = (
    "identify",
    "recall",
    "discover",
    "choose",
    "profile",
    "file",
    "compose",
    "deliver",
)


def _walk(passage: Passage) -> None:
    try:
        for name in STEPS:
            with passage.step(name):
                globals()[f"step_{name}"](passage)
        ending = _ending(passage)
    except Ended as ended:
        ending = ended
    except ProviderError as error:
        _wait_or_give_up(passage, error)
        return
    except Exception as error:
        _note_steps(passage)
        log.exception("run broke", run=str(passage.run.pk))
        run_finish(passage.run, state=RunState.FAILED, error=f"internal error: {type(error).__name__}")
        raise
    _note_steps(passage)
    passage.run.tier = passage.slowest_tier
    run_finish(passage.run, state=ending.state, error=ending.why)
    if passage.run.trigger != Trigger.REFRESH and any(profiles.is_stale(f.record) for f in passage.found):
        runs_start(leads=[passage.lead], trigger=Trigger.REFRESH, priority=BULK)


def step_identify(p: Passage) -> None:
    if p.lead.closed_at:
        raise Ended(RunState.SKIPPED, "the lead is closed")
    p.identity = identity_of(p.lead)
    if p.identity.is_empty:
        why = ", ".join(f"{kind}: {reason}" for kind, reason in p.identity.refused.items())
        raise Ended(RunState.SKIPPED, f"no usable contact ({why or 'none given'})")


def step_recall(p: Passage) -> None:
    wanted = [p.identity.cpf] if p.identity.cpf else p.identity.contacts
    p.answers = tiers.recall(wanted)
    used = {answer.tier for answer in p.answers.values()}
    tier = Tier.DATABASE if Tier.DATABASE in used else (Tier.CACHE if used else "")
    p.note(f"{len(p.answers)} of {len(wanted)} identifiers known", tier)


def step_discover(p: Passage) -> None:
    if p.identity.cpf:
        p.answers.setdefault(p.identity.cpf, Answer(Entry(), Tier.PROVIDER))
        p.note("skipped: the lead gave its CPF")
        return
    trusted = {} if p.run.force_providers else p.answers
    asked = discovering.worth_asking(p.identity.contacts, name=p.identity.name, answers=trusted)
    if not asked:
        p.note("nothing to ask")
        return
    results = discovering.discover(asked)
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


def step_choose(p: Passage) -> None:
    entries = {i: answer.entry for i, answer in p.answers.items()}
    p.verdict = choosing.choose(name=p.identity.name, entries=entries)
    p.run.confidence, p.run.same_person = p.verdict.confidence, p.verdict.same_person
    if not p.chosen:
        if p.missing:
            raise Ended(RunState.FAILED, "the providers could not be asked")
        profiles.remember_nobody(p.answers)
        _say_nobody(p)
        raise Ended(RunState.NOT_FOUND, "nobody is known behind these contacts")
    p.note(f"{len(p.chosen)} of {len(p.verdict.ranked)} candidates")


def step_profile(p: Passage) -> None:
    """Fetch what is missing; old data is served, and asked anew in the background."""
    wanted = [c for c in p.chosen if _is_wanted(c, p.run)]
    if not wanted:
        p.note("known already")
        return
    results = discovering.at_once({c.cpf: partial(profiles.fetch, c.document) for c in wanted})
    failures = [r for r in results.values() if isinstance(r, ProviderError)]
    p.fetched = {key: r for key, r in results.items() if not isinstance(r, ProviderError)}
    p.note(f"{len(p.fetched)} of {len(wanted)} profiles", Tier.PROVIDER)
    if failures and not all(c.record for c in wanted):
        p.tolerate(failures[0], "profile")
    elif failures:
        p.missing.append("profile")


def _is_wanted(choice: Choice, run: Run) -> bool:
    if choice.record is None or not choice.record.enriched or run.force_providers:
        return True
    return run.trigger == Trigger.REFRESH and profiles.is_stale(choice.record)


def step_file(p: Passage) -> None:
    for choice in p.chosen:
        record = profiles.file(choice, p.fetched.get(choice.cpf), p.identity, run_id=p.run.pk)
        if record is not choice.record:
            profiles.remember_person(record, p.answers)
        judged = choosing.rejudged(choice, name=p.identity.name, true_name=record.name)
        p.found.append(
            message.Found(
                record=record,
                name_differs=judged.is_mismatch,
                is_partial=not record.enriched,
                is_stale=record.enriched and "profile" in p.missing,
                by_phone=choice.by_phone,
                by_email=choice.by_email,
            )
        )
    Lead.objects.filter(pk=p.lead.pk).update(party=p.found[0].record.party_id)


def step_compose(p: Passage) -> None:
    p.text = message.compose(p.found, same_person=p.run.same_person)


def step_deliver(p: Passage) -> None:
    if p.lead.source == Source.REST or p.run.trigger == Trigger.REFRESH:
        p.note("not for the CRM")
        return
    if p.verdict.is_conflict and settings.ON_CONFLICT == "hold":
        p.note("held until staff decide")
        return
    p.run.message_sent = message_deliver(run=p.run, text=p.text)
    p.note("sent" if p.run.message_sent else "said lately already")


def _say_nobody(p: Passage) -> None:
    if settings.NOTIFY_NOT_FOUND and p.lead.source != Source.REST and p.run.trigger != Trigger.REFRESH:
        p.run.message_sent = message_deliver(run=p.run, text=message.compose_nobody())


def _somebody_fits(p: Passage) -> bool:
    """Whether what did answer names somebody who is the lead by name."""
    verdict = choosing.choose(name=p.identity.name, entries={i: a.entry for i, a in p.answers.items()})
    return bool(verdict.chosen) and not verdict.chosen[0].is_mismatch and verdict.chosen[0].likeness is not None


def _ending(p: Passage) -> Ended:
    if p.verdict.is_conflict:
        return Ended(RunState.NEEDS_REVIEW, "phone and e-mail lead to different people")
    if any(found.name_differs for found in p.found):
        return Ended(RunState.NEEDS_REVIEW, "the name found differs from the lead's")
    if p.chosen[0].confidence < settings.NAME_MATCH_MIN:
        return Ended(RunState.NEEDS_REVIEW, "several people are behind this contact")
    if p.missing or any(found.is_partial for found in p.found):
        return Ended(RunState.PARTIAL, f"missing: {', '.join(p.missing) or 'profile'}")
    return Ended(RunState.COMPLETED, "")


def _wait_or_give_up(p: Passage, error: ProviderError) -> None:
    """A failure that may pass climbs the ladder; a lasting one, or the ladder's end, ends the run."""
    _note_steps(p)
    if isinstance(error, RateLimited):
        run_postpone(p.run, after=timedelta(seconds=error.retry_after or 2), error=str(error), counts=False)
        return
    after = None if error.permanent else ladder_step(p.run.attempts)
    if after is not None:
        run_postpone(p.run, after=after, error=str(error))
        return
    p.run.tier = p.slowest_tier
    run_finish(p.run, state=RunState.FAILED, error=str(error))


def _note_steps(p: Passage) -> None:
    RunStep.objects.bulk_create(p.steps)
    ranked = p.verdict.ranked[:20]
    chosen = {c.cpf for c in p.chosen}
    Candidate.objects.bulk_create(
        [
            Candidate(
                run=p.run,
                cpf=c.cpf,
                name=c.name,
                by_phone=c.by_phone,
                by_email=c.by_email,
                score=round(min(1.0, c.confidence), 2),
                reasons=list(c.reasons),
                chosen=c.cpf in chosen,
            )
            for c in ranked
        ],
        update_conflicts=True,
        unique_fields=["run", "cpf"],
        update_fields=["score", "reasons", "chosen", "by_phone", "by_email"],
    )
